package session

import (
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// noSource stands in where drops cannot be seen, so that counters are reported
// at least. It delivers nothing.
type noSource struct {
	why  error
	wake chan struct{}
}

// standIn replaces a source that could not be opened, or returns nil.
func (c *Config) standIn(why error, countable bool) dropmon.Source {
	if !c.CountersAlone || !countable || c.Source != "" && c.Source != "auto" {
		return nil
	}
	return &noSource{why: why, wake: make(chan struct{}, 1)}
}

func (n *noSource) Name() string { return report.SourceCounters }

// Tells says everything, because nothing can be told wrong.
func (n *noSource) Tells() dropmon.By { return ^dropmon.By(0) }

func (n *noSource) Notes() []string { return []string{"counters only: " + n.why.Error()} }

func (n *noSource) Receive(deadline time.Time, _ func(*dropmon.Drop)) error {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-n.wake:
	case <-timer.C:
	}
	return nil
}

func (n *noSource) Wake() {
	select {
	case n.wake <- struct{}{}:
	default: // it will wake anyway
	}
}

func (n *noSource) Stop() error { return nil }

// Stats says that there were more drops than were counted: none is.
func (n *noSource) Stats() (dropmon.Stats, error) { return dropmon.Stats{AtLeast: true}, nil }

func (n *noSource) Close() error { return nil }

// blind is why no drops are seen, nil if they are.
func (s *Session) blind() error {
	if n, ok := s.source.(*noSource); ok {
		return n.why
	}
	return nil
}
