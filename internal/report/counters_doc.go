package report

import (
	"encoding/json"
	"io"
	"time"
)

// CountersSchema names the form of Counters in JSON. It changes only by adding.
const CountersSchema = "dropwatch.counters.v1"

// Counters are the kernel's own counters of all namespaces that could be read.
type Counters struct {
	Schema string `json:"schema"`
	Host   string `json:"host"`
	Kernel string `json:"kernel"`
	// SinceBoot says that the rows have what was ever counted; From and Seconds
	// are absent then. A namespace, an interface or a rule may be younger than
	// the host.
	SinceBoot bool      `json:"since_boot,omitempty"`
	From      time.Time `json:"from,omitzero"`
	To        time.Time `json:"to"`
	Seconds   float64   `json:"seconds,omitempty"`
	NetNS     []NetNS   `json:"netns"` // that were read
	// Counters are sorted by namespace, the largest delta first.
	Counters []CounterRow `json:"counters"`
	// Coverage tells what could not be read and why.
	Coverage []Coverage `json:"coverage,omitempty"`
	// Unread says of each source that failed why it did; Coverage has it in
	// words.
	Unread map[string]string `json:"-"`
}

// A CounterRow is what one counter did.
type CounterRow struct {
	Name      string     `json:"name"`
	NetNS     *NetNS     `json:"netns,omitempty"` // absent for counters of the whole host
	Interface *Interface `json:"interface,omitempty"`
	Object    string     `json:"object,omitempty"` // queueing discipline, CPU, socket or rule
	// Delta is by how much it rose; since boot that is its value.
	Delta uint64 `json:"delta"`
	Value uint64 `json:"value"` // as it stands
	// PerSecond is absent since boot.
	PerSecond *float64 `json:"per_second,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Loss      bool     `json:"loss"` // a rise means, or may mean, lost packets
	Meaning   string   `json:"meaning,omitempty"`
	// Parent marks a queueing discipline whose children count the same packets.
	Parent   bool `json:"parent,omitempty"`
	Appeared bool `json:"appeared,omitempty"` // was not there at the beginning
	Reset    bool `json:"reset,omitempty"`    // began anew: Delta is what came since then
	Wrapped  bool `json:"wrapped,omitempty"`  // overflowed; Delta is right unless it did so more than once
}

// WriteJSON writes the counters as one indented document.
func (c *Counters) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// WriteLine writes the counters as one line of JSON, for streams.
func (c *Counters) WriteLine(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(c)
}
