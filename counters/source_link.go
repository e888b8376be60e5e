package counters

import (
	"errors"

	"dropwatch/counters/rtstat"
	"golang.org/x/sys/unix"
)

// openLink opens the statistics of interfaces, RTM_GETLINK, and those that only
// some kinds have, RTM_GETSTATS.
func openLink(p *place) (source, error) {
	conn, err := p.route()
	if err != nil {
		return nil, err
	}
	names := prefixed{prefix: "link."}
	return func(s *Sample) error {
		links, err := conn.Links()
		if err != nil {
			return err
		}
		for _, l := range links {
			scope := Scope{NetNS: s.NetNS, Interface: Interface{l.Index, l.Name}}
			names.add(s, scope, l.Stats)
			l.Stats = nil
			s.Links = append(s.Links, Link{scope, l})
		}
		return addExtended(s, conn, &names)
	}, nil
}

// addExtended adds the statistics that only some kinds of interfaces have.
func addExtended(s *Sample, conn *rtstat.Conn, names *prefixed) error {
	extended, err := conn.Extended()
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	for _, e := range extended {
		if link, ok := s.link(e.Index); ok {
			names.add(s, link.Scope, e.Stats)
		}
	}
	return err
}

// prefixed makes names of counters, each of them once.
type prefixed struct {
	prefix string
	known  map[string]string
}

// maxPrefixed bounds how many names are kept; drivers choose theirs freely.
const maxPrefixed = 1 << 16

func (p *prefixed) name(name string) string {
	if full, ok := p.known[name]; ok {
		return full
	}
	if p.known == nil || len(p.known) >= maxPrefixed {
		p.known = make(map[string]string)
	}
	full := p.prefix + name
	p.known[name] = full
	return full
}

// add appends numbers to a sample.
func (p *prefixed) add(s *Sample, scope Scope, stats []rtstat.Named) {
	for _, n := range stats {
		s.Counters = append(s.Counters, Counter{
			Name: p.name(n.Name), Scope: scope, Value: n.Value, Bits: n.Bits, Gauge: n.Gauge,
		})
	}
}
