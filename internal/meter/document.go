package meter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dropwatch/counters"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/report"
)

// A View says which counters a document has.
type View struct {
	// All adds counters that do not mean loss, and those that are zero.
	All bool
	// SinceBoot tells what was ever counted instead of what came since New.
	SinceBoot bool
	// Devices are the names of interfaces to keep; empty means all, and what
	// belongs to no interface.
	Devices []string
}

// Document tells what the counters did, as a value to print. It reads nothing:
// see [Meter.Sample].
func (m *Meter) Document(view View) *report.Counters {
	d := &report.Counters{
		Schema: report.CountersSchema, SinceBoot: view.SinceBoot, To: m.read.UTC(),
		NetNS: []report.NetNS{}, Counters: []report.CounterRow{}, Coverage: m.coverage(), Unread: make(map[string]string),
	}
	for _, p := range m.Problems() {
		d.Unread[p.Source] = p.Err.Error()
	}
	d.Host, d.Kernel = hoststat.Identity()
	changes := m.Changes
	if view.SinceBoot {
		changes = m.values
	} else {
		d.From = m.began.UTC()
		d.Seconds = m.read.Sub(m.began).Seconds()
	}
	b := newBuilder(m)
	for _, s := range m.Latest() {
		d.NetNS = append(d.NetNS, *b.netns(s.NetNS))
		b.learn(s)
	}
	for _, c := range changes() {
		if len(view.Devices) > 0 && !slices.Contains(view.Devices, c.Scope.Interface.Name) {
			continue
		}
		if row := b.row(c, d.Seconds); view.All || row.Loss && row.Delta > 0 {
			d.Counters = append(d.Counters, row)
		}
	}
	slices.SortStableFunc(d.NetNS, func(x, y report.NetNS) int { return compareNetNS(&x, &y) })
	slices.SortStableFunc(d.Counters, func(x, y report.CounterRow) int {
		return cmp.Or(compareNetNS(x.NetNS, y.NetNS), cmp.Compare(y.Delta, x.Delta))
	})
	return d
}

// values are all counters as if they had risen from zero.
func (m *Meter) values() []counters.Change {
	var all []counters.Change
	for _, s := range m.Latest() {
		for i := range s.Counters {
			if c := &s.Counters[i]; !c.Gauge {
				all = append(all, counters.Change{Name: c.Name, Scope: c.Scope, Delta: c.Value, After: c.Value})
			}
		}
	}
	return hostWideOnce(all)
}

// compareNetNS orders namespaces by name, behind what is of the whole host.
func compareNetNS(x, y *report.NetNS) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return cmp.Or(strings.Compare(x.String(), y.String()), cmp.Compare(x.Inode, y.Inode))
}

// maxNamed bounds the namespaces that are named as not read.
const maxNamed = 5

// coverage is what could not be read. Sources that fail for the same reason are
// told together.
func (m *Meter) coverage() []report.Coverage {
	var list []report.Coverage
	if len(m.config.NetNS) == 0 {
		if why, restricted := m.config.Namespaces.Restricted(); restricted {
			list = append(list, report.Coverage{What: "namespaces", Why: why})
		}
	}
	if err := m.Refused(); err != nil {
		list = append(list, report.Coverage{What: "counters" + m.unreadNames(), Why: err.Error()})
	}
	at := make(map[string]int)
	for _, p := range m.Problems() {
		why := p.Err.Error()
		if i, ok := at[why]; ok {
			list[i].What += ", " + p.Source
			continue
		}
		at[why] = len(list)
		list = append(list, report.Coverage{What: "counters of " + p.Source, Why: why})
	}
	return list
}

func (m *Meter) unreadNames() string {
	if len(m.unread) == 0 {
		return ""
	}
	var names []string
	for _, name := range m.unread {
		names = append(names, name)
	}
	slices.Sort(names)
	more := ""
	if len(names) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(names)-maxNamed)
		names = names[:maxNamed]
	}
	return " in " + strings.Join(names, ", ") + more
}
