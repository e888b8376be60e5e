package report

import (
	"encoding/json"
	"io"
	"time"
)

// SummarySchema names the form of a Summary in JSON. It changes only by
// adding.
const SummarySchema = "dropwatch.summary.v1"

// SourceCounters is the source of a summary that has counters only.
const SourceCounters = "counters"

// A Summary is what was dropped in a span of time.
type Summary struct {
	Schema  string    `json:"schema"`
	Host    string    `json:"host"`
	Kernel  string    `json:"kernel"`
	Source  string    `json:"source"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
	Filter  string    `json:"filter,omitempty"`
	Packet  string    `json:"packet,omitempty"` // the pcap filter
	By      string    `json:"by,omitempty"`

	Total  Total  `json:"total"`
	Missed Missed `json:"missed"`
	// Drops are the rows, those with most packets first.
	Drops []Drop `json:"drops"`
	// More sums up the rows that were left out.
	More *More `json:"more,omitempty"`
	// Counters are those that mean loss and rose, and those that rose with a
	// drop, the least explained ones first.
	Counters []Counter `json:"counters,omitempty"`
	// Coverage tells what could not be seen on this host and why.
	Coverage []Coverage `json:"coverage,omitempty"`
}

// A Total adds up all drops, shown or not.
type Total struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	Lost    uint64 `json:"lost"`   // packets that are not benign
	Benign  uint64 `json:"benign"` // packets that are
	// Fragments is the number of buffers that were freed together with the
	// packet they belong to; they are in no other number.
	Fragments uint64 `json:"fragments,omitempty"`
}

// Missed is what dropwatch itself failed to see or to show.
type Missed struct {
	// Events is the number of drops that are in no row and no total.
	Events uint64 `json:"events"`
	// Packets is the number of single packets that were not delivered, too
	// many or too fast.
	Packets uint64 `json:"packets,omitempty"`
	// Limited is the number of single packets held back by the rate limit.
	Limited uint64 `json:"limited,omitempty"`
	// AtLeast tells that there were more drops than were counted, and that
	// nobody knows how many.
	AtLeast bool `json:"at_least,omitempty"`
	// Unkeyed is the number of packets counted without attributes.
	Unkeyed uint64 `json:"unkeyed,omitempty"`
}

// Any tells whether anything was missed.
func (m Missed) Any() bool { return m != Missed{} }

// A Drop is a row: drops that are alike.
type Drop struct {
	Packets uint64 `json:"packets"`
	Buffers uint64 `json:"buffers"`
	Bytes   uint64 `json:"bytes"`

	Reason    string     `json:"reason,omitempty"`
	Subsystem string     `json:"subsystem,omitempty"`
	Class     string     `json:"class,omitempty"`
	Discard   *Discard   `json:"discard,omitempty"` // the same in the words of sFlow
	Origin    string     `json:"origin"`
	Trap      *Trap      `json:"trap,omitempty"`
	Counter   string     `json:"counter,omitempty"` // that shows a drop of origin "counter", of which there is no event
	Location  *Location  `json:"location,omitempty"`
	NetNS     *NetNS     `json:"netns,omitempty"`
	Interface *Interface `json:"interface,omitempty"`
	Protocol  string     `json:"protocol,omitempty"`
	EtherType uint16     `json:"-"` // the number that Protocol names; of single packets only
	Transport string     `json:"transport,omitempty"`
	Process   *Process   `json:"process,omitempty"`
	Flow      *Flow      `json:"flow,omitempty"`
	Cause     string     `json:"cause,omitempty"`
	Advice    string     `json:"advice,omitempty"`
	// Culprit is what dropped the packets, the one with most of them first. Not
	// all kinds of drops have one, and not always can it be told.
	Culprit []Culprit `json:"culprit,omitempty"`

	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
	Sample *Sample   `json:"sample,omitempty"`

	// Other marks the row of drops that found no room.
	Other bool `json:"other,omitempty"`
}

// A Discard is a reason code of the sFlow registry, which switches use too.
type Discard struct {
	Code uint16 `json:"code"`
	Name string `json:"name"`
}

// A Location is where in the kernel.
type Location struct {
	Address string `json:"address"` // hex, with 0x
	Symbol  string `json:"symbol,omitempty"`
	Offset  uint64 `json:"offset,omitempty"`
	Size    uint64 `json:"-"`
	Module  string `json:"module"`
}

// A Trap is a devlink trap.
type Trap struct {
	Group  string `json:"group,omitempty"` // not told by summaries of the drop monitor
	Name   string `json:"name"`
	Cookie string `json:"cookie,omitempty"` // of the tc rule in the device; hex
}

func (t *Trap) String() string {
	text := t.Name
	if t.Group != "" {
		text += " (" + t.Group + ")"
	}
	if t.Cookie != "" {
		text += " cookie " + t.Cookie
	}
	return text
}

// A NetNS is a network namespace.
type NetNS struct {
	Inode uint32 `json:"inode"`
	Name  string `json:"name,omitempty"`
}

// An Interface is a network device.
type Interface struct {
	Index uint32 `json:"index,omitempty"`
	Name  string `json:"name,omitempty"`
}

// A Process owns a socket.
type Process struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

// A Flow is a pair of end points, as address:port or a bare address.
type Flow struct {
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
}

// A Sample is one packet of a row.
type Sample struct {
	Source      string   `json:"source,omitempty"`
	Destination string   `json:"destination,omitempty"`
	Length      uint32   `json:"length"`
	Process     *Process `json:"process,omitempty"`
}

// More counts rows that are not shown.
type More struct {
	Rows    int    `json:"rows"`
	Packets uint64 `json:"packets"`
}

// A Coverage is something that the report cannot contain.
type Coverage struct {
	What string `json:"what"`
	Seen bool   `json:"seen"`
	Why  string `json:"why,omitempty"`
}

// Add counts a row of drops in the total, and shows it or not.
func (s *Summary) Add(d *Drop, show bool) {
	s.Total.Packets += d.Packets
	s.Total.Bytes += d.Bytes
	if d.Class == "benign" {
		s.Total.Benign += d.Packets
	} else {
		s.Total.Lost += d.Packets
	}
	if show {
		s.Drops = append(s.Drops, *d)
	}
}

// News tells whether there is anything in it to report.
func (s *Summary) News() bool { return len(s.Drops) > 0 || len(s.Counters) > 0 || s.Missed.Any() }

// Top keeps the first n rows and sums up the rest; n below 1 keeps all.
func (s *Summary) Top(n int) {
	if n < 1 || len(s.Drops) <= n {
		return
	}
	more := s.More
	if more == nil {
		more = new(More)
	}
	for _, d := range s.Drops[n:] {
		more.Rows++
		more.Packets += d.Packets
	}
	s.More = more
	s.Drops = s.Drops[:n:n]
}

// WriteJSON writes the summary as one indented document.
func (s *Summary) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// WriteLine writes the summary as one line of JSON, for streams.
func (s *Summary) WriteLine(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(s)
}
