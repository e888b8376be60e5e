package report

import (
	"encoding/json"
	"io"
	"time"
)

// DiffSchema names the form of a Diff in JSON. It changes only by adding.
const DiffSchema = "dropwatch.diff.v1"

// A Diff sets two summaries against each other. All rates are in a second.
type Diff struct {
	Schema string   `json:"schema"`
	Old    DiffSide `json:"old"`
	New    DiffSide `json:"new"`
	Lost   Change   `json:"lost"` // packets, benign ones not counted
	// Notes say why the two can hardly be compared.
	Notes []string `json:"notes,omitempty"`
	// Reasons are the drops of each reason, wherever they were.
	Reasons  []DiffReason  `json:"reasons"`
	Drops    []DiffDrop    `json:"drops"`
	Counters []DiffCounter `json:"counters"`
}

// A DiffSide says where one of the summaries comes from.
type DiffSide struct {
	Host    string    `json:"host"`
	Kernel  string    `json:"kernel"`
	Source  string    `json:"source"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
	AtLeast bool      `json:"at_least,omitempty"` // drops were missed
}

// A Change is a rate before and after.
type Change struct {
	Old    float64 `json:"old_per_second"`
	New    float64 `json:"new_per_second"`
	Change float64 `json:"change"`
	State  string  `json:"state,omitempty"` // "came" or "gone" where one of them is zero
}

// A DiffReason is what became of one reason.
type DiffReason struct {
	Reason string `json:"reason"`
	Class  string `json:"class,omitempty"`
	Change
}

// A DiffDrop is what became of a row of drops.
type DiffDrop struct {
	Reason    string `json:"reason,omitempty"`
	Class     string `json:"class,omitempty"`
	Function  string `json:"function,omitempty"`
	NetNS     string `json:"netns,omitempty"` // name; inodes mean nothing later
	Interface string `json:"interface,omitempty"`
	Protocol  string `json:"protocol,omitempty"`
	Change
}

// A DiffCounter is what became of a counter.
type DiffCounter struct {
	Name      string `json:"name"`
	NetNS     string `json:"netns,omitempty"`
	Interface string `json:"interface,omitempty"`
	Object    string `json:"object,omitempty"`
	Change
}

// WriteJSON writes the difference as one indented document.
func (d *Diff) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// Increase is the reason whose rate rose most, and by how much; it is empty
// when none rose.
func (d *Diff) Increase() (reason string, perSecond float64) {
	for i := range d.Reasons {
		if r := &d.Reasons[i]; r.Change.Change > perSecond {
			reason, perSecond = r.Reason, r.Change.Change
		}
	}
	return reason, perSecond
}
