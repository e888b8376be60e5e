package meter

import (
	"errors"
	"slices"

	"dropwatch/counters"
)

// maxPast bounds what is kept of namespaces that are gone: where containers come
// and go, there is no end of them.
const maxPast = 16384

// forget keeps what rose in a namespace that is gone.
func (m *Meter) forget(changes []counters.Change) {
	for _, c := range changes {
		if c.Delta > 0 && c.Scope.NetNS != 0 { // those of the host are read in other namespaces too
			m.keep(c)
		}
	}
	if excess := len(m.past) - maxPast; excess > 0 {
		m.past = slices.Delete(m.past, 0, excess)
		clear(m.gone)
		m.refuse(errors.New("too many network namespaces have come and gone: the counters of the first ones are left out"))
	}
}

// Name is the name of a namespace, or the one it had before it went: its number
// may be that of another one by now.
func (m *Meter) Name(inode uint32) string {
	n := m.each[inode]
	if n == nil && m.gone[inode] != "" {
		return m.gone[inode]
	}
	name := m.config.Namespaces.Name(inode)
	if name == "" && n != nil {
		return n.name // it has just gone
	}
	return name
}

// keep adds a change to those of the same counter: the number of a namespace is
// used again.
func (m *Meter) keep(c counters.Change) {
	for i := range m.past {
		if p := &m.past[i]; p.Name == c.Name && p.Scope == c.Scope {
			p.Delta += c.Delta
			p.After = c.After
			return
		}
	}
	m.past = append(m.past, c)
}
