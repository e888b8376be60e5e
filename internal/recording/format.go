package recording

import (
	"time"

	"dropwatch/internal/report"
)

// Schema names the form of our own blocks. It changes only by adding.
const Schema = "dropwatch.recording.v1"

// Kinds of our own blocks.
const (
	kindHead   = 1
	kindRow    = 2
	kindCounts = 3
	kindEnd    = 4
)

// Most bytes of a block of each kind.
const (
	maxHead   = 64 << 10
	maxRow    = 64 << 10
	maxCounts = 16 << 10
	maxEnd    = 4 << 20
)

const (
	// maxRows is how many rows a file has at a time. When there are more, all
	// numbers are given anew.
	maxRows = 16384
	// A packet's number is that of its row in the lower half, of its CPU above.
	cpuShift = 16
	rowMask  = 1<<cpuShift - 1
)

// Link types of interfaces.
const (
	linkEthernet = 1
	linkRaw      = 101 // an IP packet
	linkUser     = 147 // anything else; no program takes it for what it is not
)

// A head begins a file, right after the section.
type head struct {
	Schema string    `json:"schema"`
	ID     string    `json:"id"`   // of the recording, the same in all its files
	File   int       `json:"file"` // among them, from 1 on
	Host   string    `json:"host"`
	Kernel string    `json:"kernel"`
	Source string    `json:"source"`
	From   time.Time `json:"from"` // of this file
	Tells  string    `json:"tells"`
	Filter string    `json:"filter,omitempty"`
	Packet string    `json:"packet,omitempty"` // filter of packets
	All    bool      `json:"all,omitempty"`    // benign drops are packets of the file too
	Snap   uint32    `json:"snap,omitempty"`
}

// A row is what packets have in common.
type row struct {
	Row       uint32            `json:"row"`
	Packets   uint64            `json:"packets"` // that one packet of the file stands for
	Buffers   uint64            `json:"buffers"`
	Link      int               `json:"link,omitempty"` // bytes of the link-layer header
	Code      uint32            `json:"code"`
	Reason    string            `json:"reason,omitempty"`
	Subsystem string            `json:"subsystem,omitempty"`
	Class     string            `json:"class,omitempty"`
	Hardware  bool              `json:"hardware,omitempty"`
	Trap      *report.Trap      `json:"trap,omitempty"`
	Location  *location         `json:"location,omitempty"`
	NetNS     *report.NetNS     `json:"netns,omitempty"`
	Interface *report.Interface `json:"interface,omitempty"`
	Protocol  uint16            `json:"protocol,omitempty"`  // EtherType
	Transport uint8             `json:"transport,omitempty"` // IP protocol
	Flags     uint8             `json:"flags,omitempty"`
	Process   *report.Process   `json:"process,omitempty"`
}

// A location is a place in the kernel, with all that its table of symbols tells.
type location struct {
	Address uint64 `json:"address"`
	Symbol  string `json:"symbol,omitempty"`
	Offset  uint64 `json:"offset,omitempty"`
	Size    uint64 `json:"size,omitempty"`
	Module  string `json:"module,omitempty"`
}

// Counts are what is no packet of the file, since its beginning.
type counts struct {
	At          time.Time     `json:"at"`
	Packets     uint64        `json:"packets"` // of the file
	Benign      uint64        `json:"benign,omitempty"`
	BenignBytes uint64        `json:"benign_bytes,omitempty"`
	Fragments   uint64        `json:"fragments,omitempty"`
	Missed      report.Missed `json:"missed"`
}

// An end completes a file.
type end struct {
	counts
	// More tells that another file follows. The last one has the summary of
	// all.
	More    bool            `json:"more,omitempty"`
	Summary *report.Summary `json:"summary,omitempty"`
}
