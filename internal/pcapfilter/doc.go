// Package pcapfilter compiles the filter language of tcpdump, described in
// pcap-filter(7), to classic BPF, and runs the result.
//
// A filter means here what it means to tcpdump reading a file, with its oddities:
// "tcp" in IPv6 is looked for in the fixed header and a fragment header only,
// "port" only in the fixed one, "vlan" shifts whatever is written after it, and
// 1 + ip[8] is computed of any frame, because only the left side of an operation
// asks for its protocol. VLAN tags are expected in the frame; a caller that gets
// them apart, as packet sockets do, puts them back first.
//
// A field beyond the end of the frame rejects the frame, whatever is asked of it
// and whatever an "or" has to offer, unless its value cannot matter, as in
// ip[8] * 0. Fields are looked at as they are written, from left to right. (That
// is tcpdump without its optimiser, which moves some tests and leaves out others.
// About frames that are long enough the two agree.)
//
// What differs, and always as an error at compile time:
//
//   - Hosts, networks and Ethernet stations are addresses: no name is looked up.
//   - Ports and protocols are numbers or one of the names built in.
//   - protochain needs a loop, which the kernel does not let a filter have.
//   - geneve is not known; byte N & V and byte N | V, which tcpdump compiles to
//     a test of nothing, are refused; and so is what asks for more than a frame:
//     gateway, inbound, outbound, ifindex, ifname and the like.
//   - An expression whose parts exclude each other, as "tcp and udp" do, is
//     refused, in a few more cases than tcpdump sees.
//
// The kernel adds the two parts of a computed offset in 32 bits, and so does
// not always agree with [Program.Match] about an offset that is negative only
// at run time, as in ip[ip[0] - 80].
//
// The compiler works in steps, a file or a few each: tokens (lex), a syntax tree
// (parse), conditions over fields of the frame, in which the headers known so
// far shift those that follow (lower and a file for each kind of primitive), a
// graph of tests (graph, facts, regroup), instructions (emit, assemble).
package pcapfilter
