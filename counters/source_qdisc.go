package counters

import (
	"errors"

	"dropwatch/counters/rtstat"
)

// openQdisc opens the statistics of queueing disciplines, RTM_GETQDISC, and of
// those classes that count something else, RTM_GETTCLASS.
func openQdisc(p *place) (source, error) {
	conn, err := p.route()
	if err != nil {
		return nil, err
	}
	q := &qdiscSource{conn: conn, links: links{conn: conn}, names: prefixed{prefix: "tc."}}
	return q.read, nil
}

type qdiscSource struct {
	conn  *rtstat.Conn
	links links
	names prefixed
}

func (q *qdiscSource) read(s *Sample) error {
	if err := q.links.refresh(s); err != nil {
		return err
	}
	qdiscs, err := q.conn.Qdiscs()
	if err != nil {
		return err
	}
	var errs []error
	classful := uint32(0) // the interface whose classes were read last
	for _, d := range qdiscs {
		q.add(s, d, d.Object(), false)
		if d.Classful() && d.Interface != classful {
			classful = d.Interface
			errs = append(errs, q.classes(s, d.Interface))
		}
	}
	return errors.Join(errs...)
}

// classes adds the classes of one interface.
func (q *qdiscSource) classes(s *Sample, index uint32) error {
	classes, err := q.conn.Classes(index)
	for _, c := range classes {
		if c.Classful() {
			q.add(s, c.Qdisc, c.Object(), true)
		}
	}
	return err
}

func (q *qdiscSource) add(s *Sample, d rtstat.Qdisc, object string, class bool) {
	scope := Scope{NetNS: s.NetNS, Interface: Interface{d.Interface, q.links.name(d.Interface)}, Object: object}
	q.names.add(s, scope, d.Stats)
	q.names.add(s, scope, d.XStats)
	d.Stats, d.XStats = nil, nil
	s.Qdiscs = append(s.Qdiscs, Qdisc{scope, class, d})
}

// links tells the names of interfaces to sources that only have numbers, or the
// other way round.
type links struct {
	conn *rtstat.Conn
	all  []Link
}

// refresh takes the interfaces of the sample, or asks for them when it was not
// to have any.
func (l *links) refresh(s *Sample) error {
	if len(s.Links) > 0 {
		l.all = s.Links
		return nil
	}
	found, err := l.conn.Links()
	if err != nil {
		return err
	}
	l.all = l.all[:0:0]
	for _, link := range found {
		l.all = append(l.all, Link{Scope{NetNS: s.NetNS, Interface: Interface{link.Index, link.Name}}, link})
	}
	return nil
}

// name is empty for an interface that was not there.
func (l *links) name(index uint32) string {
	link, _ := findLink(l.all, index)
	return link.Name
}
