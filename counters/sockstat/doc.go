// Package sockstat lists sockets with what each of them holds and has lost:
// UDP, UDP-Lite and raw sockets, TCP sockets that listen (with the length of
// their accept queue), packet sockets (AF_PACKET) and netlink sockets.
//
// It asks the kernel's socket monitoring interface (NETLINK_SOCK_DIAG), in one
// namespace, without a privilege. Connections are never listed: by state the
// kernel passes over TCP sockets that do not listen, however many there are.
// With [Query.Dropped] only sockets that have lost something are listed. The
// interface has no condition for that, so for large tables a filter on the
// netlink socket makes the kernel hold back every datagram in which no socket
// has lost anything, and what arrives here depends on the number of
// sockets with losses, not on that of sockets.
//
// A socket's count of drops starts at 0 when it is made, is never reset and
// has 32 bits. For UDP each drop also raises InErrors of the namespace (Udp or
// Udp6, UdpLite or UdpLite6): while those stand still, no listing is needed.
package sockstat
