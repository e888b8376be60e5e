// Package dump asks the kernel for whole tables over netlink, again and again
// over one socket.
//
// It serves programs that read the same tables every second: a [Conn] keeps its
// socket and its buffer, hands out messages without copying them, and
// [Collect] reads a table anew when it changed in the middle. [Attributes]
// walks over what is in a message, and believes no length in it.
package dump
