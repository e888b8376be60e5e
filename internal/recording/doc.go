// Package recording keeps dropped packets in a file, and plays the file back on
// any host.
//
// A recording is a pcapng file that Wireshark reads: one interface for each
// namespace and device, and each packet with a comment that says why it was
// dropped. What Wireshark has no place for is in blocks of our own, as JSON: a
// head that says where and when; a row for each set of attributes that packets
// have in common, before the first packet of it; counts, once a second where
// they change; and an end with the summary. A packet has the number of its row
// and that of its CPU.
//
// Each file of a set that was rotated has all of this and can be played alone.
// Nothing is taken from the host that plays it.
package recording
