package metrics

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"

	"dropwatch/internal/report"
)

const (
	other   = "other"   // what has no series of its own
	unknown = "unknown" // a reason that nobody gave
	benign  = "benign"

	// maxValue is as many characters as a label can have. Names of the kernel
	// are shorter.
	maxValue = 128
)

func (c *Config) dropLabels() []string {
	labels := []string{"reason", "subsystem", "class", "origin"}
	if c.PerNetNS {
		labels = append(labels, "netns")
	}
	if c.PerInterface {
		labels = append(labels, "interface")
	}
	if c.PerLocation {
		labels = append(labels, "location")
	}
	return labels
}

// dropValues are in the order of dropLabels.
func (c *Config) dropValues(d *report.Drop) []string {
	values := make([]string, 0, 7)
	reason, subsystem := d.Reason, d.Subsystem
	if reason == "" {
		// A device names a trap, and what only counters show has their name.
		if d.Trap != nil {
			reason, subsystem = d.Trap.Name, d.Trap.Group
		}
		reason = cmp.Or(reason, d.Counter, unknown)
	}
	values = append(values, clean(reason), clean(subsystem), clean(d.Class), clean(d.Origin))
	if c.PerNetNS {
		values = append(values, netnsValue(d.NetNS))
	}
	if c.PerInterface {
		values = append(values, interfaceValue(d.Interface))
	}
	if c.PerLocation {
		values = append(values, locationValue(d.Location))
	}
	return values
}

// hiddenValues are those of benign drops that a report counts but does not show.
func (c *Config) hiddenValues() []string {
	values := others(len(c.dropLabels()))
	values[2] = benign
	return values
}

func (c *Config) lossLabels() []string {
	labels := []string{"counter", "netns"}
	if c.PerInterface {
		labels = append(labels, "interface")
	}
	return labels
}

// lossValues are in the order of lossLabels. Objects (queues, CPUs, sockets,
// rules) come and go and are many; they are added up.
func (c *Config) lossValues(counter *report.Counter) []string {
	values := []string{clean(counter.Name), netnsValue(counter.NetNS)}
	if c.PerInterface {
		values = append(values, interfaceValue(counter.Interface))
	}
	return values
}

func netnsValue(n *report.NetNS) string {
	switch {
	case n == nil:
		return ""
	case n.Name == "":
		return strconv.FormatUint(uint64(n.Inode), 10)
	}
	return clean(n.Name)
}

func interfaceValue(i *report.Interface) string {
	switch {
	case i == nil:
		return ""
	case i.Name == "":
		return strconv.FormatUint(uint64(i.Index), 10)
	}
	return clean(i.Name)
}

func locationValue(l *report.Location) string {
	if l == nil {
		return ""
	}
	return clean(cmp.Or(l.Symbol, l.Address))
}

// others are the values of the series for what has none of its own.
func others(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = other
	}
	return values
}

// clean makes a label value of a name from outside, such as that of a network
// namespace: printable, valid and short. One bad value would spoil the scrape.
func clean(name string) string {
	if plain(name) {
		return name
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return '?'
	}, name[:min(len(name), 4*(maxValue+1))])
	if runes := []rune(name); len(runes) > maxValue {
		return string(runes[:maxValue-3]) + "..."
	}
	return name
}

// plain tells that there is nothing to clean, as in all names of the kernel.
func plain(name string) bool {
	if len(name) > maxValue {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return false
		}
	}
	return true
}
