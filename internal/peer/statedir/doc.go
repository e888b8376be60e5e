// Package statedir keeps what is known of each peer in a directory, one file
// per peer, for anybody to read: also without privileges, and while the agent
// is down.
//
// A file is replaced whole or not at all, whether the writer is killed or the
// disk is full. It is not forced to the disk: the directory is meant to be in
// memory (below /run), the content is a few seconds old at best, and a peer
// that lives writes it anew. After a loss of power a file on a disk can
// therefore be broken; readers say so and go on.
//
// Next to the file of a peer, ID.json, are its drops of the past, ID.drops and,
// older, ID.drops.1: a line of JSON for each piece of time, see [Tile]. They are
// only appended to, their last line can be cut, and they are bounded.
package statedir
