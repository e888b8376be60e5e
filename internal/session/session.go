package session

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/meter"
	"dropwatch/internal/owner"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

// A Session is a watch that is going on. Its methods are for one goroutine at
// a time, except Wake.
type Session struct {
	config Config
	source dropmon.Source
	names  *owner.Names
	namer  *namer

	meter      *meter.Meter    // nil when counters are of no use
	namespaces []uint32        // wanted; empty means all
	each, rows *dropmon.Filter // the filter's parts for drops and for rows
	primed     chan struct{}   // closed when names has read what exists

	host, kernel string
	started      time.Time
	ended        time.Time // zero while going on

	sum       dropmon.Aggregate
	interval  dropmon.Aggregate
	entry     Entry     // the one that is delivered
	last      alike     // what Packet made of the last one
	since     time.Time // of the interval
	before    dropmon.Stats
	told      ledger
	fragments uint64
	filterErr error
	warnings  []string
}

// An Entry is one dropped packet with all its names.
type Entry struct {
	dropmon.Drop
	Symbol  symbols.Symbol
	Verdict explain.Verdict
}

// Open starts to watch. When it returns, drops are being counted.
//
// Errors wrap os.ErrPermission where a capability is missing.
func Open(config Config) (_ *Session, err error) {
	s := &Session{config: config, names: owner.New(owner.Config{})}
	s.sum.By = dropmon.DefaultBy | config.By | byOf(config.By.Detail()|config.Filter.Detail())
	s.interval.By = s.sum.By
	s.each = config.Filter
	if !config.Packets {
		s.each, s.rows = config.Filter.Split()
	}
	var reasons *symbols.Reasons
	if config.Filter != nil {
		// the kernel may be able to compare reasons, by number
		if reasons, err = loadReasons(); err != nil {
			return nil, err
		}
	}
	sourceConfig, namespaces, err := config.source(s.names, reasons)
	if err != nil {
		return nil, err
	}
	s.namespaces = namespaces
	open := config.open
	if open == nil {
		open = dropmon.Open
	}
	if s.source, err = open(sourceConfig); err != nil {
		if s.source = config.standIn(err, s.countable()); s.source == nil {
			return nil, err
		}
	}
	if err := config.tellable(s.source); err != nil {
		s.source.Close()
		return nil, err
	}
	s.started = time.Now()
	s.since = s.started
	// From here on drops are counted, so all that takes time comes after. What
	// exists now is named now: it may be gone when its drops are read.
	s.primed = make(chan struct{})
	go func() {
		defer close(s.primed)
		// what cannot be read is told by names.Restricted
		_ = s.names.Prime()
	}()
	if err := s.learn(reasons); err != nil {
		s.source.Close()
		return nil, err
	}
	s.host, s.kernel = hoststat.Identity()
	if s.countable() || config.Counters {
		// Only now, so that every rise belongs to drops that are seen.
		s.meter = meter.New(meter.Config{Namespaces: s.names.Namespaces, NetNS: s.namespaces})
	}
	if err := s.blind(); err != nil && len(s.meter.Latest()) == 0 {
		return nil, errors.Join(err, s.Close()) // nothing at all would be seen
	}
	return s, nil
}

// learn reads what names and judges drops.
func (s *Session) learn(reasons *symbols.Reasons) error {
	var base *explain.Base
	var both errgroup.Group
	both.Go(func() (err error) {
		base, err = explain.Load()
		return err
	})
	if reasons == nil {
		both.Go(func() (err error) {
			reasons, err = loadReasons()
			return err
		})
	}
	if err := both.Wait(); err != nil {
		return err
	}
	s.namer = newNamer(reasons, base)
	s.warnings = append(s.source.Notes(), s.config.warnings(reasons)...)
	return nil
}

// loadReasons leaves it to the source to complain of a kernel without types.
func loadReasons() (*symbols.Reasons, error) {
	reasons, err := symbols.LoadReasons()
	if errors.Is(err, os.ErrNotExist) {
		return new(symbols.Reasons), nil
	}
	return reasons, err
}

// Started is the time from which drops are counted.
func (s *Session) Started() time.Time { return s.started }

// Source names the source.
func (s *Session) Source() string { return s.source.Name() }

// Warnings are about the configuration; one line each.
func (s *Session) Warnings() []string { return s.warnings }

// Wake ends a waiting Receive early. It may be called from any goroutine.
func (s *Session) Wake() { s.source.Wake() }

// Receive counts what is dropped until the deadline. With Config.Packets it
// calls yield for every packet; yield may be nil otherwise. The entry is valid
// only during the call.
func (s *Session) Receive(deadline time.Time, yield func(*Entry)) error {
	err := s.source.Receive(deadline, func(d *dropmon.Drop) { s.take(d, yield) })
	return errors.Join(err, s.filterErr)
}

func (s *Session) take(d *dropmon.Drop, yield func(*Entry)) {
	if d.Unkeyed {
		s.add(d)
		return
	}
	if len(s.namespaces) > 0 && !slices.Contains(s.namespaces, d.NetNS.Inode) {
		return
	}
	s.fill(d)
	symbol, verdict := s.namer.name(d)
	if verdict.Fragments {
		s.fragments += d.Buffers
		return
	}
	if len(s.config.Devices) > 0 && !slices.Contains(s.config.Devices, d.Interface.Name) {
		return
	}
	if !s.matches(s.each, d, symbol) {
		return
	}
	s.add(d)
	if yield != nil && s.config.Packets && (s.config.All || verdict.Class != dropmon.Benign) {
		s.entry = Entry{Drop: *d, Symbol: symbol, Verdict: verdict}
		yield(&s.entry)
	}
}

// add counts a drop. As a rule nobody asks for the rows of an interval whose
// packets were all delivered.
func (s *Session) add(d *dropmon.Drop) {
	s.sum.Add(d)
	if !s.config.Packets || s.config.Intervals {
		s.interval.Add(d)
	}
}

// byOf makes rows apart that the filter tells apart.
func byOf(detail dropmon.Detail) dropmon.By {
	var by dropmon.By
	if detail&dropmon.DetailFlow != 0 {
		by |= dropmon.ByFlow
	}
	if detail&dropmon.DetailSocket != 0 {
		by |= dropmon.ByProcess | dropmon.BySocket
	}
	return by
}

// fill names the owner. The holder of the socket is sure; the task that ran
// when the packet was dropped is the next best.
func (s *Session) fill(d *dropmon.Drop) {
	task := d.Process
	d.Process = dropmon.Process{}
	s.names.Fill(d)
	if d.Process.PID == 0 {
		d.Process = task
	}
}

func (s *Session) matches(f *dropmon.Filter, d *dropmon.Drop, symbol symbols.Symbol) bool {
	if f == nil {
		return true
	}
	a := d.Attributes()
	a.Function, a.Module = symbol.Name, symbol.Module
	ok, err := f.Match(a)
	if err != nil && s.filterErr == nil {
		s.filterErr = err
	}
	return ok && err == nil
}

// Count is the number of packets that were dropped and match so far, benign
// ones only with Config.All.
func (s *Session) Count() uint64 {
	var n uint64
	for _, g := range s.groups(&s.sum) {
		if s.config.All || g.Class != dropmon.Benign {
			n += g.Packets
		}
	}
	return n
}

// Stop ends the watching and counts what was dropped until now. It calls yield
// for the packets that still waited, as Receive does; yield may be nil.
func (s *Session) Stop(yield func(*Entry)) error {
	if !s.ended.IsZero() {
		return nil
	}
	if s.meter != nil {
		s.meter.Sample()
	}
	s.ended = time.Now()
	err := s.source.Stop()
	err = errors.Join(err, s.Receive(time.Now(), yield))
	// The last look for the owners of sockets: their processes are likely to
	// be there still.
	_ = s.names.Processes.Prime()
	return err
}

// Close stops and frees everything. It may be called twice.
func (s *Session) Close() error {
	if s.meter != nil {
		s.meter.Close()
	}
	s.names.Close()
	<-s.primed
	err := s.source.Close()
	s.namer.close()
	return err
}

// Summary reports everything since Open.
func (s *Session) Summary() (*report.Summary, error) {
	to := s.ended
	if to.IsZero() {
		to = time.Now()
		// single packets are for who receives them
		if s.meter != nil && s.countable() && !s.config.Packets {
			s.meter.Sample()
			if err := s.Receive(to, nil); err != nil {
				return nil, err
			}
		}
	}
	stats, err := s.source.Stats()
	if err != nil {
		return nil, err
	}
	r := s.report(&s.sum, s.started, to, stats)
	r.Total.Fragments = s.fragments
	s.addCounters(r)
	return r, nil
}

// Interval reports what came since the last call. With Config.Packets it has no
// rows: each packet was delivered.
func (s *Session) Interval() (*report.Summary, error) {
	to := time.Now()
	stats, err := s.source.Stats()
	if err != nil {
		return nil, fmt.Errorf("read losses of the source: %w", err)
	}
	r := s.report(&s.interval, s.since, to, difference(stats, s.before))
	s.interval.Reset()
	s.since, s.before = to, stats
	return r, nil
}

func difference(now, before dropmon.Stats) dropmon.Stats {
	return dropmon.Stats{
		Unseen:         now.Unseen - before.Unseen,
		PacketsLost:    now.PacketsLost - before.PacketsLost,
		PacketsLimited: now.PacketsLimited - before.PacketsLimited,
		Unkeyed:        now.Unkeyed - before.Unkeyed,
		AtLeast:        now.AtLeast && !before.AtLeast,
	}
}

// ShowAll sets whether reports have benign rows, and returns what was set.
func (s *Session) ShowAll(all bool) bool {
	before := s.config.All
	s.config.All = all
	return before
}
