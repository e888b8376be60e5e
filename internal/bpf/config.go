package bpf

import "time"

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
	// 0 means 1000.
	Queue uint32
	// RateLimit is the largest number of per-packet events a second; 0 sets
	// no limit.
	RateLimit uint32

	// Values to be kept, at most FilterMax of each; an empty list keeps all.
	NetNS      []uint32
	Interfaces []string
	Reasons    []uint32

	// Idle, if not nil, is called by Next before it waits, when there is no
	// event left.
	Idle func()
}
