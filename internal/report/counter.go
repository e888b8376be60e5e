package report

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// A Counter is a counter of the kernel that rose, divided among the drops that
// explain it.
type Counter struct {
	Name      string     `json:"name"`
	NetNS     *NetNS     `json:"netns,omitempty"` // absent for counters of the whole host
	Interface *Interface `json:"interface,omitempty"`
	Object    string     `json:"object,omitempty"` // queueing discipline, CPU, socket or rule
	Delta     uint64     `json:"delta"`
	Loss      bool       `json:"loss"` // a rise means lost packets
	// Explained and Unexplained add up to Delta where a rise means loss.
	Explained   uint64 `json:"explained"`
	Unexplained uint64 `json:"unexplained"`
	// AtLeast says that drops were missed: more of the counter may be explained
	// by them.
	AtLeast bool           `json:"at_least,omitempty"`
	By      []CounterShare `json:"by,omitempty"`
	// Parent marks a queueing discipline whose children count the same packets.
	Parent  bool   `json:"parent,omitempty"`
	Meaning string `json:"meaning,omitempty"`
	Cause   string `json:"cause,omitempty"` // of the part without a drop
	Note    string `json:"note,omitempty"`
}

// A CounterShare is what drops of one kind have in a counter. Without a reason
// it is what no drop event can show.
type CounterShare struct {
	Reason    string   `json:"reason,omitempty"`
	Subsystem string   `json:"subsystem,omitempty"`
	Packets   uint64   `json:"packets"`
	Process   *Process `json:"process,omitempty"`
}

func (c *CounterShare) text() string {
	reason := cmp.Or(c.Reason, "without an event")
	if c.Process != nil {
		return fmt.Sprintf("%d %s (%s, pid %d)", c.Packets, reason, c.Process.Name, c.Process.PID)
	}
	return fmt.Sprintf("%d %s", c.Packets, reason)
}

// Sum is the counter as an equation.
func (c *Counter) Sum() string {
	parts := make([]string, 0, len(c.By)+1)
	for i := range c.By {
		parts = append(parts, c.By[i].text())
	}
	if c.Unexplained > 0 {
		parts = append(parts, fmt.Sprintf("%d unexplained", c.Unexplained))
	}
	equals := " = "
	if c.AtLeast {
		equals = " = at least "
	}
	if len(parts) == 0 {
		return c.title()
	}
	return c.title() + equals + strings.Join(parts, " + ")
}

func (c *Counter) title() string {
	var place []string
	if c.NetNS != nil {
		place = append(place, c.NetNS.String())
	}
	if c.Interface != nil {
		place = append(place, c.Interface.String())
	}
	if c.Object != "" {
		place = append(place, c.Object)
	}
	title := fmt.Sprintf("%s +%d", c.Name, c.Delta)
	if len(place) > 0 {
		title += " (" + strings.Join(place, ", ") + ")"
	}
	return title
}

// alone writes a counter where no drops were watched that could explain it.
func (t Text) alone(b *bytes.Buffer, c *Counter) {
	wrap(b, "  ", "      ", c.title())
	if t.Advice && c.Meaning != "" {
		wrap(b, "      ", "      ", c.Meaning)
	}
}

// counters writes those that mean loss. A parent says the same as its children.
func (t Text) counters(b *bytes.Buffer, s *Summary) {
	first := true
	for i := range s.Counters {
		c := &s.Counters[i]
		if c.Parent || !c.Loss {
			continue
		}
		if first {
			b.WriteString("\ncounters of the kernel in this time:\n")
			first = false
		}
		if s.Source == SourceCounters {
			t.alone(b, c)
			continue
		}
		wrap(b, "  ", "      ", c.Sum())
		if !t.Advice || c.Unexplained == 0 {
			continue
		}
		if c.Cause != "" {
			wrap(b, "      likely: ", strings.Repeat(" ", 14), c.Cause)
		}
	}
}
