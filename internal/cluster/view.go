// Package cluster shows what the hosts of a cluster told, from the state
// directory alone: no agent needs to run.
package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// Schema names the form of a View in JSON. It changes only by adding.
const Schema = "dropwatch.cluster.v1"

// A View is what is known of all hosts at one time.
type View struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	Hosts  []Host    `json:"hosts"`
}

// A Host is what is known of one.
type Host struct {
	*statedir.Peer
	// Up is whether it was heard within some of its own intervals.
	Up bool `json:"up"`
}

const (
	// DownAfter is how many of its intervals a host may be silent, unless the
	// agent that keeps it was told otherwise.
	DownAfter = 3
	// usualInterval is that of a host that does not tell its own, in seconds.
	usualInterval = 10
)

// New makes a view of peers, which it does not change, at a time. Hosts are
// sorted by name.
func New(peers []*statedir.Peer, now time.Time) *View {
	v := &View{Schema: Schema, Time: now.UTC(), Hosts: make([]Host, 0, len(peers))}
	for _, p := range peers {
		v.Hosts = append(v.Hosts, Host{Peer: p, Up: up(p, now)})
	}
	slices.SortStableFunc(v.Hosts, func(a, b Host) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	return v
}

func up(p *statedir.Peer, now time.Time) bool {
	after := DownAfter
	if p.DownAfter > 0 {
		after = p.DownAfter
	}
	return now.Sub(p.Last).Seconds() <= interval(p)*float64(after)
}

// interval is the seconds from one record of a host to the next.
func interval(p *statedir.Peer) float64 {
	if p.Report == nil || p.Report.Host == nil || p.Report.Host.Interval <= 0 {
		return usualInterval
	}
	return p.Report.Host.Interval
}

// Only keeps the hosts of that name; empty keeps all.
func (v *View) Only(name string) {
	if name != "" {
		v.Hosts = slices.DeleteFunc(v.Hosts, func(h Host) bool { return h.Name != name })
	}
}

// WriteJSON writes the view as one document.
func (v *View) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// status and drops are never nil; what is not known is not in them.

func (h *Host) status() *record.Status {
	if h.Report == nil || h.Report.Status == nil {
		return new(record.Status)
	}
	return h.Report.Status
}

func (h *Host) drops() *record.Drops {
	if h.Report == nil || h.Report.Drops == nil {
		return new(record.Drops)
	}
	return h.Report.Drops
}

// unknown stands for what a host did not tell.
const unknown = "-"

func number(n *uint64) string {
	if n == nil {
		return unknown
	}
	return fmt.Sprint(*n)
}

func load(f *float64) string {
	if f == nil {
		return unknown
	}
	return fmt.Sprintf("%.2f", *f)
}

func percent(f *float64) string {
	if f == nil {
		return unknown
	}
	return fmt.Sprintf("%.0f%%", 100**f)
}

// size is in the units of df -h: powers of 1024.
func size(n *uint64) string {
	if n == nil {
		return unknown
	}
	value, unit := float64(*n), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "B" {
		return fmt.Sprintf("%.0f B", value)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

func share(part, whole *uint64) *float64 {
	if part == nil || whole == nil || *whole == 0 {
		return nil
	}
	f := float64(*part) / float64(*whole)
	return &f
}

// span is a time as ruptime writes it: days+hours:minutes.
func span(d time.Duration) string {
	minutes := int(max(d, 0).Minutes())
	return fmt.Sprintf("%d+%02d:%02d", minutes/1440, minutes/60%24, minutes%60)
}
