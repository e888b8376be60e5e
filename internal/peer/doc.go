// Package peer is who the other hosts are and how records reach them. It uses
// memberlist for what that is good at: membership, failure detection, encryption
// and transport. What a record says, who may send one and where it is kept is
// the concern of the packages below.
//
// A record goes straight to those who want it. A mute host sends and opens
// nothing that listens; it is no member, and its cost does not depend on how many
// hosts there are.
package peer
