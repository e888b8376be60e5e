// Package counters reads the statistics that the kernel keeps of its network:
// the protocol counters, those of interfaces, queueing disciplines, CPUs and
// sockets, of connection tracking, neighbours, IPsec and firewall rules.
//
// A [Reader] belongs to one network namespace and takes one [Sample] after the
// other. [Diff] tells what happened between two of them. [Lookup] says what a
// counter means.
//
// # Names
//
// Counters carry the kernel's own names behind the name of their group:
// "Udp.NoPorts" and "TcpExt.ListenDrops" (snmp, netstat), "Udp6NoPorts" (snmp6,
// which has no groups), "link.rx_dropped", "tc.dropped", "softnet.dropped",
// "ethtool.rx_no_buffer", "socket.drops", "nft.packets". What a newer kernel
// adds comes out under its own name; nothing has to be known beforehand.
//
// # What is not known
//
// A source that cannot be read is a [Problem] and its counters are absent. They
// are never zero instead.
package counters
