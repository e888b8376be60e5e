package counters

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/ethstat"
)

// openEthtool opens what drivers count ("ethtool -S") and the statistics that
// standards define.
func openEthtool(p *place) (source, error) {
	route, err := p.route()
	if err != nil {
		return nil, err
	}
	conn, err := ethstat.Dial(ethstat.Config{})
	if err != nil {
		return nil, err
	}
	p.atClose(conn.Close)
	e := &ethtoolSource{conn: conn, links: links{conn: route}, names: prefixed{prefix: "ethtool."}}
	return e.read, nil
}

type ethtoolSource struct {
	conn  *ethstat.Conn
	links links
	names prefixed
	seen  map[string]bool // the names of one interface
}

func (e *ethtoolSource) read(s *Sample) error {
	if err := e.links.refresh(s); err != nil {
		return err
	}
	var errs []error
	for i := range e.links.all {
		link := &e.links.all[i]
		stats, err := e.conn.Driver(link.Name)
		if err != nil && !errors.Is(err, unix.ENODEV) {
			errs = append(errs, err)
		}
		e.add(s, link.Scope, stats)
	}
	devices, err := e.conn.Standard()
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		errs = append(errs, err)
	}
	for _, d := range devices {
		e.add(s, Scope{NetNS: s.NetNS, Interface: Interface{d.Index, d.Name}}, d.Stats)
	}
	return errors.Join(errs...)
}

// add appends the statistics of one interface. Some drivers use a name twice; by
// its place such a one is told apart.
func (e *ethtoolSource) add(s *Sample, scope Scope, stats []ethstat.Stat) {
	if len(stats) == 0 {
		return
	}
	if e.seen == nil {
		e.seen = make(map[string]bool)
	}
	clear(e.seen)
	for i, stat := range stats {
		c := Counter{Name: e.names.name(stat.Name), Scope: scope, Value: stat.Value, Bits: 64}
		if e.seen[stat.Name] {
			c.Scope.Object = fmt.Sprintf("statistic %d", i+1)
		}
		e.seen[stat.Name] = true
		s.Counters = append(s.Counters, c)
	}
}
