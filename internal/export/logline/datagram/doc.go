// Package datagram gives messages to a daemon of this host through a Unix
// datagram socket, and knows which of them the daemon has read.
//
// A datagram that was sent waits in the daemon's socket. If the daemon dies, it
// is gone, and nobody is told. But the kernel tells the sender how much memory
// its unread datagrams take (SIOCOUTQ), from which follows which of them were
// read. A daemon that is killed between reading a message and keeping it loses
// that one; no sender can know. The same is true of what a daemon reads and keeps
// in memory only.
package datagram
