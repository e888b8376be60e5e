package scenario

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// An Observer is a source of drops under test.
type Observer struct {
	Name string
	// Read returns the drops since it was last called, in any number of rows.
	Read  func() (Seen, error)
	Sight Sight
}

// A Host is what scenarios are played on, and who watches.
type Host struct {
	// Knows and Release are as in [Scene].
	Knows   func(reason string) bool
	Release string
	// Observers watch at the same time.
	Observers []Observer
	// Shared says that others drop packets on this host meanwhile. Then the
	// first observer must have full sight, and tells them from ours.
	Shared bool
	// Delay is how late an observer may tell of a drop by itself.
	Delay time.Duration
	// Patience is how long late drops are waited for; 0 means 8 s.
	Patience time.Duration
}

// A Verdict is what is wrong with what one observer saw of scenarios that were
// played together.
type Verdict struct {
	Trials     []error // one for each
	Unexpected error   // drops that none of them wants
	// Missed is the number of events that the observer says it did not see. If
	// there are any, the rest is of no worth.
	Missed uint64
}

// Err joins everything that is wrong.
func (v Verdict) Err() error {
	errs := append([]error{v.Unexpected}, v.Trials...)
	if v.Missed > 0 {
		errs = append(errs, fmt.Errorf("%d events were missed", v.Missed))
	}
	return errors.Join(errs...)
}

// A Play is scenarios that are run together, each in a lab of its own.
type Play struct {
	host  Host
	parts []*part
}

type part struct {
	scenario Scenario
	lab      *Lab
	before   map[counterKey]uint64
}

func (p *part) prepare() error {
	if p.scenario.Setup != nil {
		if err := p.scenario.Setup(p.lab); err != nil {
			return fmt.Errorf("set up %s: %w", p.scenario.Name, err)
		}
	}
	var err error
	p.before, err = p.scenario.readCounters(p.lab)
	return err
}

func (p *part) send() error {
	if err := p.scenario.Send(p.lab); err != nil {
		return fmt.Errorf("send of %s: %w", p.scenario.Name, err)
	}
	return nil
}

// NewPlay begins a play.
func NewPlay(h Host) *Play {
	if h.Patience == 0 {
		h.Patience = 8 * time.Second
	}
	return &Play{host: h}
}

// Add adds a scenario with its lab.
func (p *Play) Add(s Scenario, l *Lab) { p.parts = append(p.parts, &part{scenario: s, lab: l}) }

// Run sets the scenarios up, makes the drops and judges what each observer saw. It returns when all
// that is wanted was seen and nothing else, or when patience ends; then the
// verdicts say what differs. An error is for a play that could not be finished.
func (p *Play) Run() ([]Verdict, error) {
	if len(p.parts) == 0 {
		return nil, errors.New("play without a scenario")
	}
	var w *watch
	for i, part := range p.parts {
		if err := part.prepare(); err != nil {
			return nil, err
		}
		if i == 0 {
			var err error
			if w, err = newWatch(p.host); err != nil {
				return nil, err
			}
		}
		// at once, because what was set up does not last for ever
		if err := part.send(); err != nil {
			return nil, err
		}
	}
	time.Sleep(p.host.Delay)
	verdicts, err := p.await(w)
	if err != nil {
		return nil, err
	}
	if anyWrong(verdicts) {
		return verdicts, nil
	}
	// what comes in excess must not hide behind the first right answer
	return p.judge(w)
}

// await judges until all is right or patience ends.
func (p *Play) await(w *watch) (verdicts []Verdict, err error) {
	wrong := errors.New("something is wrong")
	_ = await(p.host.Patience, func() error {
		if verdicts, err = p.judge(w); err == nil && anyWrong(verdicts) && !AnyMissed(verdicts) {
			return wrong
		}
		return nil
	})
	return verdicts, err
}

// AnyMissed tells whether an observer admits that it did not see all, so that
// the play says nothing and may be repeated.
func AnyMissed(verdicts []Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Missed > 0 })
}

func anyWrong(verdicts []Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Err() != nil })
}

func (p *Play) judge(w *watch) ([]Verdict, error) {
	trials, err := p.trials()
	if err != nil {
		return nil, err
	}
	if err := w.readTwice(); err != nil {
		return nil, err
	}
	var verdicts []Verdict
	for i, o := range p.host.Observers {
		verdicts = append(verdicts, Check(trials, o.Sight, w.seen(i, trials)))
	}
	return verdicts, nil
}

func (p *Play) trials() ([]Trial, error) {
	var trials []Trial
	for _, part := range p.parts {
		after, err := part.scenario.readCounters(part.lab)
		if err != nil {
			return nil, err
		}
		trials = append(trials, Trial{part.scenario, Scene{
			Inodes: part.lab.inodes, Interfaces: interfaces(), Rises: rises(part.before, after),
			Knows: p.host.Knows, Release: p.host.Release,
		}})
	}
	return trials, nil
}
