// Package nldump reads tables of the kernel over netlink, as a stream: one
// buffer is used again and again, and a table of any size takes no more memory
// than one message. A [Quiet] rule lets the kernel itself leave out what has
// nothing to tell.
//
// Opening the socket inside a namespace and sending are left to
// mdlayher/netlink; its Receive gives each datagram a buffer of its own, and
// hides the message that says whether a dump was whole.
package nldump
