package counters

import (
	"cmp"
	"strings"
)

// An Interface is a network device inside its namespace.
type Interface struct {
	Index uint32
	Name  string
}

// A Scope is what a counter counts for. Scopes can be compared.
type Scope struct {
	// NetNS is the inode of the network namespace; 0 means the whole host.
	NetNS uint32
	// Interface is zero when the counter belongs to none.
	Interface Interface
	// Object is the thing below that: "cpu 0", "qdisc tbf 1: root",
	// "udp 0.0.0.0:53 inode 1234", "queue 3 portid 812". It is empty when there
	// is none. A row of the same sample may describe the thing.
	Object string
}

// compare orders scopes. An interface is known by its index alone, so that it is
// the same after it was renamed.
func (s *Scope) compare(t *Scope) int {
	if s.NetNS != t.NetNS {
		return cmp.Compare(s.NetNS, t.NetNS)
	}
	if s.Interface.Index != t.Interface.Index {
		return cmp.Compare(s.Interface.Index, t.Interface.Index)
	}
	if s.Interface.Index == 0 && s.Interface.Name != t.Interface.Name {
		return strings.Compare(s.Interface.Name, t.Interface.Name)
	}
	return strings.Compare(s.Object, t.Object)
}

// A Counter is one number at one moment.
type Counter struct {
	Name  string
	Scope Scope
	// Source is where it was read, one of [Sources].
	Source string
	// Value is in the unit that [Lookup] tells. That of a gauge may be negative
	// and is then in two's complement: see [Counter.Level].
	Value uint64
	// Bits is the width of the kernel's counter: 32 where it starts again from
	// zero after 2^32, otherwise 64.
	Bits uint8
	// Gauge marks a level or a setting, which can fall and has no delta.
	Gauge bool
}

// Level is the value of a gauge. Tcp.MaxConn, for one, is -1 when there is no
// limit.
func (c Counter) Level() int64 { return int64(c.Value) }

// compare orders counters by name, then by scope.
func (c *Counter) compare(d *Counter) int {
	if c.Name != d.Name {
		return strings.Compare(c.Name, d.Name)
	}
	return c.Scope.compare(&d.Scope)
}

func compareCounters(c, d Counter) int { return c.compare(&d) }
