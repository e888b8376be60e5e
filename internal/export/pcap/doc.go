// Package pcap reads captures in the classic format, such as those of dwdump
// and of `dropwatch` itself that hold netlink messages (link type 253).
package pcap
