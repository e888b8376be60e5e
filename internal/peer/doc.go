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
//
// The engine trusts who has the keys, and in a cluster without keys anybody: it
// panics at some messages and allocates what a number in them says. So the front reads
// each message to its end, over streams too, and hands on only what members of this
// program send each other: nothing compressed, no nested packets, names that can be
// printed, addresses of one host, numbers that are true. How many members the engine
// keeps is bounded, and so is what it is asked to do for others.
//
// What the front cannot tell is whether a member may say what it says. Who has the
// keys can call others suspect or dead, who then say that they are alive, until the
// greatest incarnation is used up; can invent members; and can make this host send
// small packets to addresses of its choice. Keys are for hosts that are trusted that
// far. Records need more: they are signed by their host.
package peer
