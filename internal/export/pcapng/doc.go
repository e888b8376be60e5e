// Package pcapng writes and reads recordings of dropped packets in the capture
// format that Wireshark, tshark and tcpdump read. It holds the part of the
// format that such recordings need, and skips the rest when reading.
//
// A recording is one or more sections. Each begins with a [Section], has an
// [Interface] before the first packet of it, and then packets. Two things are
// of our own and skipped by other programs: the row of a [Packet], and a
// [Local] block, which holds whatever the packets alone cannot tell.
package pcapng
