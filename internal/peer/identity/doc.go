// Package identity holds who a host is among its peers: its own Ed25519 key,
// its public id, its start number, and the keys of the others.
//
// A shared cluster key proves only that somebody is a member. What a host says
// about itself is signed with its own key, and the id is the hash of the
// public half, so nobody can speak under the id of another host. Names are
// labels: the store of known hosts binds each name to one id.
package identity
