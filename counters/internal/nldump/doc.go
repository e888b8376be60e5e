// Package nldump asks the kernel for tables over netlink, again and again over
// one socket.
//
// It serves programs that read the same tables every second. A [Conn] uses one
// buffer for everything and hands out messages without copying them, so a table
// of any size takes no more memory than one datagram. [Collect] reads a table
// anew when it changed in the middle. [Attributes] walks over what is in a
// message, and believes no length in it. A [Quiet] rule lets the kernel itself
// leave out what has nothing to tell.
//
// Only opening the socket inside a namespace is left to mdlayher/netlink: its
// Receive gives each datagram a buffer of its own, and hides the message that
// says whether a dump was whole.
package nldump
