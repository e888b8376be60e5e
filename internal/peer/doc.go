// Package peer is who the other hosts are and how records reach them. It uses
// memberlist for what that is good at: membership, failure detection, and the key
// ring. What a record says, who may send one and where it is kept is the concern of
// the packages below.
//
// A record goes straight to those who want it. A mute host sends and opens
// nothing that listens; it is no member, and its cost does not depend on how many
// hosts there are.
//
// What comes from the network passes a front before the engine sees it, which
// costs a flood little: each packet is asked about by its source, then its label is
// looked at, then it is opened with the keys of the cluster. What does not open is
// counted by kind, and nothing is allocated or logged for it. Records leave at the
// front, in the order in which they came; the engine would keep the newest first.
// Connections are bounded in number, bytes and time.
package peer
