package rtstat

// A Named is one number with the kernel's own name.
type Named struct {
	Name  string
	Value uint64
	// Bits is the width of the kernel's number, after which it begins again at
	// zero: 32 or 64.
	Bits uint8
	// Gauge is set for a state, which rises and falls, and for numbers that are
	// not known to count anything.
	Gauge bool
	// Signed is set for a gauge that can be negative: it is int64(Value).
	Signed bool
}

// A Setting is a number that the administrator has chosen or can change, under
// the name that the tc program has for it.
type Setting struct {
	Name  string
	Value uint64
	Unit  string // "packets", "bytes", "bytes/s", "us", "flows"; "" for a plain number
}
