package bpf

import (
	"time"

	classic "golang.org/x/net/bpf"
)

// Details that a group can be told apart by, beside the plain key.
const (
	DetailFlow   = 1 << iota // addresses and ports
	DetailSocket             // inode of the socket
	DetailLength             // length of the packet
)

// FilterMax is how many values of one attribute the kernel compares.
const FilterMax = 8

// MaxSnap is the largest number of bytes of a packet that an event carries.
const MaxSnap = 0xffff

// A Config says what the drop program counts and sends. The zero value counts
// everything and sends nothing.
type Config struct {
	// Detail is a set of Detail bits. Groups with details live in a hash
	// table of Entries places; plain groups only overflow into it.
	Detail uint32
	// Entries of the detail table; 0 means 4096.
	Entries uint32

	// SampleInterval is the shortest time between two samples of a group on
	// one CPU; 0 sends no samples.
	SampleInterval time.Duration
	// Packets sends every packet as an event.
	Packets bool
	// Snap is the number of bytes of each packet to send, at most MaxSnap; 0
	// means 128. Samples are cut at 192.
	Snap uint32
	// Queue is the number of events that the kernel keeps for a slow reader;
	// 0 means 40000, which take 16 MiB with the usual Snap.
	Queue uint32
	// RateLimit is the largest number of per-packet events a second; 0 sets
	// no limit.
	RateLimit uint32

	// Values to be kept, at most FilterMax of each; an empty list keeps all.
	NetNS      []uint32
	Interfaces []string
	Reasons    []uint32

	// PacketFilter is a classic BPF program over Ethernet frames, with at most
	// 4096 instructions. Only packets for which it returns anything but 0 are
	// counted and sent; none without a program.
	//
	// The frame begins with the packet's Ethernet header, if it has one, else
	// with a header of zero addresses and the packet's protocol. A VLAN tag
	// that the kernel keeps apart is put back in. Its length is that on the
	// wire; of a merged buffer, that of the buffer.
	//
	// The program sees what lies together in the kernel's buffer: headers for
	// sure, and data unless it is kept in pages. A field further on, but in the
	// frame, makes the packet one of Misses.Undecided. A field beyond the
	// frame rejects it, as classic BPF has it. Buffers that are no packets,
	// such as messages of local sockets, never match.
	PacketFilter []classic.RawInstruction

	// Idle, if not nil, is called by Next before it waits, when there is no
	// event left.
	Idle func()
}
