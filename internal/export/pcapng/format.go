package pcapng

import (
	"errors"
	"time"
)

// What a file consists of; see draft-ietf-opsawg-pcapng.
const (
	typeSection    = 0x0A0D0D0A
	typeInterface  = 1
	typeObsolete   = 2 // the Packet Block of the first drafts
	typeSimple     = 3
	typeStatistics = 5
	typeEnhanced   = 6
	typeLocal      = 0x80000D0F // the high bit marks local use

	byteOrderMagic = 0x1A2B3C4D
	lengthUnknown  = 0xFFFFFFFF // half of a section's length

	frame    = 12 // type, length, length again
	maxBlock = 16 << 20
	maxValue = 65535 // of an option
)

// Options. What a number means depends on the block, save for the first two.
const (
	optEnd     = 0
	optComment = 1

	sectionHardware    = 2
	sectionOS          = 3
	sectionApplication = 4

	interfaceName        = 2
	interfaceDescription = 3
	interfaceResolution  = 9
	interfaceOS          = 12
	interfaceOffset      = 14
	interfaceHardware    = 15

	statisticsStart     = 2
	statisticsEnd       = 3
	statisticsReceived  = 4
	statisticsDropped   = 5
	statisticsOSDropped = 7

	packetRow = 0x8001 // the high bit marks local use
)

var (
	// ErrFormat tells that a file is no pcapng file.
	ErrFormat = errors.New("not a pcapng file")
	// ErrTruncated tells that a file ends within a block: whoever wrote it was
	// killed, or its disk was full. All before that block was delivered.
	ErrTruncated = errors.New("recording is cut off")
)

// Begins tells whether a file that begins with head can be a pcapng file. Four
// bytes are enough.
func Begins(head []byte) bool {
	return len(head) >= 4 && string(head[:4]) == "\x0a\x0d\x0d\x0a"
}

// A Block is one of [*Section], [*Interface], [*Packet], [*Local] and
// [*Statistics].
type Block interface{ block() }

func (*Section) block()    {}
func (*Interface) block()  {}
func (*Packet) block()     {}
func (*Local) block()      {}
func (*Statistics) block() {}

// A Section tells on what and by what a recording was made. A text, here and
// in all blocks, has at most 65,535 bytes; the writer cuts what is longer, and
// replaces what is not UTF-8.
type Section struct {
	Hardware    string
	OS          string
	Application string
	Comments    []string
}

// An Interface is where packets were dropped.
type Interface struct {
	// ID is its number in the section, from 0 on. It is for readers only.
	ID          uint32
	Name        string
	Description string
	Hardware    string
	OS          string
	// LinkType tells with which header packets begin: 1 is Ethernet, 101 IP.
	LinkType uint16
	// Snap is of how many bytes at most packets are kept, 0 if of all.
	Snap uint32
}

// A Packet is one that was dropped.
type Packet struct {
	// Interface is the number that Writer.AddInterface gave, or Interface.ID.
	Interface uint32
	// Time is in nanoseconds since 1970, and 0 if unknown. What a file can
	// hold and this cannot is the nearest that it can.
	Time int64
	// Length is how many bytes it had. The writer takes it to be no less than
	// those of Data.
	Length uint32
	// Row is a number for the reader, such as that of a row of a table that is
	// told in a Local block; 0 is none.
	Row uint32
	// Data is what was kept of it.
	Data []byte
	// Comment is shown by Wireshark. Of several the reader gives the first.
	Comment []byte
}

// A Local block is for readers of our own.
type Local struct {
	Kind    uint32
	Payload []byte
}

// Statistics are of one interface. What is not known is nil, or the zero time.
type Statistics struct {
	Interface  uint32
	Start, End time.Time
	// Received, Dropped and OSDropped are the counters isb_ifrecv, isb_ifdrop
	// (for want of room before the recorder) and isb_osdrop (by the system).
	Received  *uint64
	Dropped   *uint64
	OSDropped *uint64
	Comment   string
}
