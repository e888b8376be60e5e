package session

import (
	"fmt"
	"strings"

	"dropwatch/counters"
	"dropwatch/counters/firewall"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
)

// settings keeps sysctls that were read, by namespace and path.
type settings map[setting]readSetting

type setting struct {
	netns uint32
	path  string
}

type readSetting struct {
	value string
	known bool
}

// values tells what texts about a row may name: what its first culprit is set
// to, sysctls of its namespace, and levels that the counters show.
func (s *Session) values(d *report.Drop, culprits []explain.Culprit, read settings) explain.Values {
	return func(name string) (string, bool) {
		if len(culprits) > 0 {
			if value, ok := culpritValue(&culprits[0], name); ok {
				return value, true
			}
		}
		if d.NetNS == nil {
			return "", false
		}
		if strings.HasPrefix(name, "net.") {
			return s.sysctl(d, name, read)
		}
		return s.level(d.NetNS.Inode, name)
	}
}

// culpritValue is what a socket or a queue holds or may hold.
func culpritValue(c *explain.Culprit, name string) (string, bool) {
	var value uint32
	switch {
	case c.Qdisc != nil && name == "limit":
		limit := limitOf(c.Qdisc)
		return limit, limit != ""
	case c.Qdisc != nil && name == "qdisc":
		return strings.TrimPrefix(c.Qdisc.Scope.Object, "qdisc "), true
	case c.Rule != nil && name == "rule":
		return c.Rule.Rule.String(), true
	case c.Rule != nil && name == "chain": // as the nft program takes it
		return c.Rule.Family + " " + c.Rule.Table + " " + c.Rule.Chain, c.Rule.System == firewall.NFTables
	case c.Socket == nil:
		return "", false
	case name == "rcvbuf":
		value = c.Socket.Memory.ReceiveBuffer
		if value == 0 {
			return "", false
		}
	case name == "accept" && c.Kind == explain.CulpritListener:
		value = c.Socket.Listen.Accept
	case name == "backlog" && c.Kind == explain.CulpritListener:
		value = c.Socket.Listen.Limit
	default:
		return "", false
	}
	return fmt.Sprint(value), true
}

// sysctl reads a setting once for a namespace. DEV stands for the interface.
func (s *Session) sysctl(d *report.Drop, name string, read settings) (string, bool) {
	parts := strings.Split(name, ".")
	for i := range parts {
		if parts[i] != "DEV" {
			continue
		}
		if d.Interface == nil || d.Interface.Name == "" || strings.Contains(d.Interface.Name, "/") {
			return "", false
		}
		parts[i] = d.Interface.Name
	}
	key := setting{d.NetNS.Inode, strings.Join(parts, "/")}
	r, done := read[key]
	if !done {
		r.value, r.known = s.meter.Setting(key.netns, key.path)
		read[key] = r
	}
	return r.value, r.known
}

// level is a gauge of a namespace, or of the whole host.
func (s *Session) level(inode uint32, name string) (string, bool) {
	for _, sample := range s.meter.Latest() {
		if sample.NetNS != inode {
			continue
		}
		for _, netns := range []uint32{inode, 0} {
			if c, ok := sample.Lookup(name, counters.Scope{NetNS: netns}); ok {
				return fmt.Sprint(c.Level()), true
			}
		}
	}
	return "", false
}
