package scenario

import "net/netip"

// A Node is one network namespace of a lab. A and B share a wire; in a lab
// made for forwarding B and C share another one.
type Node string

// The nodes.
const (
	A Node = "a"
	B Node = "b"
	C Node = "c"
	// Unattributed is no namespace but the place of drops that a source
	// cannot always attribute: rows without a namespace count there too.
	Unattributed Node = "?"
)

// An end is one end of a wire: an interface with fixed addresses. Its name is
// that of its node followed by the node at the other end.
type end struct {
	node Node
	name string
	// index is never that of the other end: the kernel would be slow to notice
	// that the wire is there.
	index uint32
	mac   [6]byte
	v4    netip.Addr
	v6    netip.Addr
}

func ends() [4]end {
	place := func(node Node, name string, wire, host byte) end {
		return end{
			node:  node,
			name:  name,
			index: 10*uint32(wire) + uint32(host),
			mac:   [6]byte{0x02, 0xd0, 0, 0, wire, host},
			v4:    netip.AddrFrom4([4]byte{10, 11, wire, host}),
			v6:    netip.AddrFrom16([16]byte{0: 0xfd, 3: 0x11, 5: wire, 15: host}),
		}
	}
	return [4]end{
		place(A, "ab", 1, 1),
		place(B, "ba", 1, 2),
		place(B, "bc", 2, 2),
		place(C, "cb", 2, 3),
	}
}

// endOf finds an end by its name.
func endOf(name string) end {
	for _, e := range ends() {
		if e.name == name {
			return e
		}
	}
	panic("scenario: no interface " + name)
}

// peerOf finds the other end of the wire.
func peerOf(name string) end {
	return endOf(string([]byte{name[1], name[0]}))
}

// address is the end's address of a family.
func (e end) address(f family) netip.Addr {
	if f.ipv6 {
		return e.v6
	}
	return e.v4
}

// network is the end's address with the length of the wire's network.
func (e end) network(f family) netip.Prefix {
	return netip.PrefixFrom(e.address(f), pick(f, 24, 64))
}
