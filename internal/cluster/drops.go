package cluster

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Cause is drops of one reason on all hosts.
type Cause struct {
	Reason  string   `json:"reason"`
	Class   string   `json:"class,omitempty"`
	Packets uint64   `json:"packets"`
	Hosts   []string `json:"hosts"` // those with most of them first
	Text    string   `json:"text,omitempty"`
	packets map[string]uint64
}

// A DropReport is the drops of all hosts in the time that their records tell of.
type DropReport struct {
	Schema string  `json:"schema"` // dropwatch.cluster-drops.v1
	Hosts  int     `json:"hosts"`
	Lost   uint64  `json:"lost"`
	Missed uint64  `json:"missed"`
	Causes []Cause `json:"causes"`
	// Silent are hosts that tell of no drops: they are down, or cannot see any.
	Silent []string `json:"silent,omitempty"`
	each   []hostLoss
}

type hostLoss struct {
	name string
	rate float64
	lost uint64
}

// Drops adds up what the hosts that are up have told last.
func (v *View) Drops() *DropReport {
	r := &DropReport{Schema: "dropwatch.cluster-drops.v1", Causes: []Cause{}}
	causes := make(map[[2]string]*Cause)
	for _, h := range v.Hosts {
		if !h.Up || h.Report == nil || h.Report.Drops == nil {
			r.Silent = append(r.Silent, h.Name)
			continue
		}
		d := h.Report.Drops
		r.Hosts++
		r.Lost += d.Lost
		if d.Missed != nil {
			r.Missed += *d.Missed
		}
		if d.Seconds > 0 {
			r.each = append(r.each, hostLoss{h.Name, float64(d.Lost) / d.Seconds, d.Lost})
		}
		for _, row := range d.Rows {
			key := [2]string{row.Subsystem, row.Reason}
			c := causes[key]
			if c == nil {
				c = &Cause{Reason: cmp.Or(row.Reason, row.Function, "(no reason)"), Class: row.Class, Text: row.Text, packets: make(map[string]uint64)}
				causes[key] = c
			}
			c.Packets += row.Packets
			c.packets[h.Name] += row.Packets
		}
	}
	for _, c := range causes {
		for name := range c.packets {
			c.Hosts = append(c.Hosts, name)
		}
		slices.SortFunc(c.Hosts, func(a, b string) int { return cmp.Or(cmp.Compare(c.packets[b], c.packets[a]), cmp.Compare(a, b)) })
		r.Causes = append(r.Causes, *c)
	}
	slices.SortFunc(r.Causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortStableFunc(r.each, func(a, b hostLoss) int { return cmp.Compare(b.rate, a.rate) })
	return r
}

// shownHosts is how many names a line has.
const shownHosts = 3

// Write writes the report as text: causes with most packets first, then the
// hosts that lose most.
func (r *DropReport) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d packets lost on %d hosts lately (in the drops.window of each)\n", r.Lost, r.Hosts)
	if r.Missed > 0 {
		fmt.Fprintf(&b, "missed: %d drops that no host could count\n", r.Missed)
	}
	t := new(table)
	for i := range r.Causes {
		c := &r.Causes[i]
		var names []string
		for _, name := range c.Hosts[:min(len(c.Hosts), shownHosts)] {
			names = append(names, fmt.Sprintf("%s %d", name, c.packets[name]))
		}
		if more := len(c.Hosts) - shownHosts; more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		t.add(fmt.Sprintf("%10d", c.Packets), c.Class, c.Reason, strings.Join(names, ", "))
	}
	if err := t.write(&b); err != nil {
		return err
	}
	if len(r.each) > 0 && r.each[0].lost > 0 {
		b.WriteString("\nhosts that lose most:\n")
		t = new(table)
		for _, h := range r.each[:min(len(r.each), 10)] {
			if h.lost > 0 {
				t.add(fmt.Sprintf("%10.1f/s", h.rate), h.name)
			}
		}
		if err := t.write(&b); err != nil {
			return err
		}
	}
	if len(r.Silent) > 0 {
		fmt.Fprintf(&b, "\nno drop report from: %s\n", strings.Join(r.Silent, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
