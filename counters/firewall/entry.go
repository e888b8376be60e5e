package firewall

import "unsafe"

// The structures of the kernel (linux/netfilter_ipv4/ip_tables.h and its IPv6
// twin, linux/netfilter/x_tables.h). Go lays them out as C does.
type tableInfo struct { // ipt_getinfo
	Name       [32]byte
	ValidHooks uint32
	HookEntry  [5]uint32
	Underflow  [5]uint32
	NumEntries uint32
	Size       uint32
}

type entriesHeader struct { // ipt_get_entries
	_    [0]entryCounters // aligned like the entries behind it
	Name [32]byte
	Size uint32
}

type entryCounters struct{ Packets, Bytes uint64 } // xt_counters

type entry4 struct { // ipt_entry
	Addresses    [16]byte
	Interfaces   [64]byte
	Protocol     uint16
	Flags        uint8
	Inverse      uint8
	Cache        uint32
	TargetOffset uint16
	NextOffset   uint16
	ComeFrom     uint32
	Counters     entryCounters
}

type entry6 struct { // ip6t_entry
	Addresses    [64]byte
	Interfaces   [64]byte
	Protocol     uint16
	Class        uint8
	Flags        uint8
	Inverse      uint8
	Cache        uint32
	TargetOffset uint16
	NextOffset   uint16
	ComeFrom     uint32
	Counters     entryCounters
}

// A layout is where things are in an entry.
type layout struct {
	flags, cache, target, next, counters, size int
	// jumpOnly is the flag of an entry that goes to a chain for good.
	jumpOnly byte
}

func layout4() layout {
	var e entry4
	return layout{
		flags: int(unsafe.Offsetof(e.Flags)), cache: int(unsafe.Offsetof(e.Cache)), target: int(unsafe.Offsetof(e.TargetOffset)), next: int(unsafe.Offsetof(e.NextOffset)),
		counters: int(unsafe.Offsetof(e.Counters)), size: int(unsafe.Sizeof(e)), jumpOnly: 2, // IPT_F_GOTO
	}
}

func layout6() layout {
	var e entry6
	return layout{
		flags: int(unsafe.Offsetof(e.Flags)), cache: int(unsafe.Offsetof(e.Cache)), target: int(unsafe.Offsetof(e.TargetOffset)), next: int(unsafe.Offsetof(e.NextOffset)),
		counters: int(unsafe.Offsetof(e.Counters)), size: int(unsafe.Sizeof(e)), jumpOnly: 4, // IP6T_F_GOTO
	}
}

// Of matches and targets: struct xt_entry_match and xt_entry_target have the
// size of the whole, a name, a revision, and then what is theirs.
const (
	extensionName   = 2
	extensionLength = 29 // of the name
	extensionHeader = 32
)
