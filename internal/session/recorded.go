package session

import (
	"errors"
	"fmt"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/owner"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

// A Recording is what a session is opened on that knows nothing of this host.
type Recording struct {
	// Source delivers single packets with all their names. Its Receive takes the
	// deadline for a time of the recording; zero is the end.
	Source       dropmon.Source
	Host, Kernel string
	From         time.Time
	// Symbol names an address of that kernel; the zero value if it has no name.
	Symbol func(address uint64) symbols.Symbol
}

// OpenRecording opens a session on a recording. NetNS and Devices of the
// configuration are checked only; the source has to leave out what is not of
// them. Nothing is read from this host but the knowledge base. The session
// closes the source.
func OpenRecording(r Recording, config Config) (*Session, error) {
	if missing := config.asked() &^ r.Source.Tells(); missing != 0 {
		err := fmt.Errorf("the recording does not tell %s, because source %s could not: leave it out", missing, r.Source.Name())
		return nil, errors.Join(err, r.Source.Close())
	}
	base, err := explain.Load()
	if err != nil {
		return nil, errors.Join(err, r.Source.Close())
	}
	config.NetNS, config.Devices = nil, nil
	s := &Session{config: config, source: r.Source, names: owner.New(owner.Config{}), primed: make(chan struct{})}
	close(s.primed)
	if err := s.names.Close(); err != nil { // processes and namespaces here are not those of the recording
		return nil, err
	}
	s.sum.By = dropmon.DefaultBy | config.By | byOf(config.By.Detail()|config.Filter.Detail())
	s.interval.By = s.sum.By
	s.each = config.Filter
	if !config.Packets {
		s.each, s.rows = config.Filter.Split()
	}
	s.namer = recordedNamer(base, r.Symbol)
	s.host, s.kernel = r.Host, r.Kernel
	s.started, s.since = r.From, r.From
	s.warnings = r.Source.Notes()
	return s, nil
}

// recordedNamer has no reasons: each drop has the name of its own.
func recordedNamer(base *explain.Base, symbol func(uint64) symbols.Symbol) *namer {
	return &namer{
		reasons: new(symbols.Reasons), base: base, recorded: symbol,
		symbols: symbols.NewResolver(symbols.Config{
			Kernel: func(uint64) (string, error) { return "", errors.New("addresses of a recording have no names here") },
		}),
		subsystems: make(map[string]string), locations: make(map[uint64]namedLocation),
	}
}

// asked is what the source must tell drops apart by.
func (c *Config) asked() dropmon.By {
	asked := c.By | c.Filter.Asks()
	if len(c.NetNS) > 0 {
		asked |= dropmon.ByNetNS
	}
	if len(c.Devices) > 0 {
		asked |= dropmon.ByInterface
	}
	return asked
}

// IntervalOf reports what a recording has since the last call, until a time of
// the recording to which it was received.
func (s *Session) IntervalOf(to time.Time) (*report.Summary, error) {
	stats, err := s.source.Stats()
	if err != nil {
		return nil, err
	}
	r := s.report(&s.interval, s.since, to, difference(stats, s.before))
	s.interval.Reset()
	s.since, s.before = to, stats
	return r, nil
}

// SummaryOf reports all of a recording, which ended at a time.
func (s *Session) SummaryOf(to time.Time) (*report.Summary, error) {
	s.ended = to
	return s.Summary()
}
