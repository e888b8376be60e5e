package meter

import (
	"slices"
	"strings"

	"dropwatch/counters"
	"dropwatch/counters/firewall"
	"dropwatch/internal/report"
)

// A builder makes rows of a document.
type builder struct {
	name    func(inode uint32) string
	names   map[uint32]*report.NetNS
	rules   map[counters.Scope]*counters.Rule
	parents map[counters.Scope]bool // queueing disciplines with children
}

func newBuilder(m *Meter) *builder {
	return &builder{
		name:  m.Name,
		names: make(map[uint32]*report.NetNS),
		rules: make(map[counters.Scope]*counters.Rule), parents: make(map[counters.Scope]bool),
	}
}

// learn takes from a sample what tells the meaning of counters.
func (b *builder) learn(s *counters.Sample) {
	for i := range s.Rules {
		b.rules[s.Rules[i].Scope] = &s.Rules[i]
	}
	for i := range s.Qdiscs {
		q := &s.Qdiscs[i]
		b.parents[q.Scope] = slices.ContainsFunc(s.Qdiscs, func(child counters.Qdisc) bool { return q.Above(&child) })
	}
}

func (b *builder) row(c counters.Change, seconds float64) report.CounterRow {
	row := report.CounterRow{
		Name: c.Name, Object: c.Scope.Object, Delta: c.Delta, Value: c.After,
		Appeared: c.Appeared, Reset: c.Reset, Wrapped: c.Wrapped, Parent: b.parents[c.Scope],
	}
	if c.Scope.NetNS != 0 {
		row.NetNS = b.netns(c.Scope.NetNS)
	}
	if i := c.Scope.Interface; i != (counters.Interface{}) {
		row.Interface = &report.Interface{Index: i.Index, Name: i.Name}
	}
	if seconds > 0 {
		perSecond := float64(c.Delta) / seconds
		row.PerSecond = &perSecond
	}
	if meta, ok := counters.Lookup(c.Name); ok {
		row.Unit, row.Loss, row.Meaning = meta.Unit, meta.Loss, meta.Help
	}
	b.judge(&row, c)
	return row
}

// judge decides about the counters whose name alone does not tell whether they
// mean loss.
func (b *builder) judge(row *report.CounterRow, c counters.Change) {
	if rule := b.rules[c.Scope]; rule != nil && strings.HasSuffix(c.Name, ".packets") {
		row.Loss = rule.Loses()
		row.Meaning = "Packets that matched this firewall rule."
		switch {
		case rule.Loses() && !rule.Exact:
			row.Meaning = "Packets that came to this firewall rule; it throws away those that match the rest of it too."
		case rule.Verdict == firewall.Drop:
			row.Meaning = "Packets that this firewall rule dropped."
		case rule.Verdict == firewall.Reject:
			row.Meaning = "Packets that this firewall rule refused, with an answer to the sender."
		}
		return
	}
	if row.Meaning == "" && soundsLikeLoss(c.Name) {
		row.Loss = true
		row.Meaning = "A counter of the driver; by its name packets were lost. See the documentation of the driver."
	}
}

// soundsLikeLoss tells it of the statistics that drivers name as they like.
func soundsLikeLoss(name string) bool {
	name, ok := strings.CutPrefix(name, "ethtool.")
	if !ok {
		return false
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{
		"drop", "discard", "err", "miss", "crc", "fifo", "overflow", "overrun", "no_buf", "nobuf", "no_desc", "out_of_buffer", "timeout",
	}, func(word string) bool { return strings.Contains(name, word) })
}

func (b *builder) netns(inode uint32) *report.NetNS {
	if b.names[inode] == nil {
		b.names[inode] = &report.NetNS{Inode: inode, Name: b.name(inode)}
	}
	return b.names[inode]
}
