package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
	"dropwatch/symbols"
)

// exceptions are the counters of scenarios of which a part stays unexplained,
// with the reason. No more than one scenario of twenty may be here.
func exceptions() map[string]string {
	return map[string]string{}
}

// TestRootReconcile plays the whole table, each scenario watched by a session
// of its own, and demands that every rise of the counters that a scenario names
// is explained by drops, and that the culprit is the right one.
func TestRootReconcile(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("namespaces need root")
	}
	reasons, err := symbols.LoadReasons()
	if err != nil {
		t.Fatal(err)
	}
	checks := map[scenario.Need]error{}
	played, excepted := 0, 0
	for _, sc := range scenario.All() {
		t.Run(sc.Name, func(t *testing.T) {
			skipUnmet(t, checks, sc.Needs)
			r := watchScenario(t, reasons, sc)
			played++
			if why := exceptions()[sc.Name]; why != "" {
				excepted++
				t.Log("excepted:", why)
				return
			}
			checkCounters(t, sc, r)
		})
	}
	if excepted*20 > played {
		t.Errorf("%d of %d scenarios are excepted, at most 5 %% may be", excepted, played)
	}
}

func skipUnmet(t *testing.T, checks map[scenario.Need]error, needs []scenario.Need) {
	t.Helper()
	for _, n := range needs {
		err, checked := checks[n]
		if !checked {
			err = n.Check()
			checks[n] = err
		}
		if missing := new(scenario.Missing); errors.As(err, &missing) && missing.Package != "" {
			t.Fatal(err)
		}
		if err != nil {
			t.Skip(err)
		}
	}
}

// A watched is a session on the lab of one scenario, in the form of an observer.
// Its session opens when the lab is set up and nothing has been lost yet.
type watched struct {
	t       *testing.T
	lab     *scenario.Lab
	nodes   []scenario.Node
	session *Session
	told    uint64 // fragments
}

// watchScenario plays a scenario and returns the report of its session.
func watchScenario(t *testing.T, reasons *symbols.Reasons, sc scenario.Scenario) *report.Summary {
	t.Helper()
	lab, err := sc.Lab()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &watched{t: t, lab: lab, nodes: []scenario.Node{scenario.A, scenario.B}}
	if sc.Forward {
		w.nodes = append(w.nodes, scenario.C)
	}
	play := scenario.NewPlay(scenario.Host{
		Knows:    func(name string) bool { return len(reasons.Code(name)) > 0 },
		Release:  "6.18",
		Patience: 3 * time.Second,
		Observers: []scenario.Observer{{Name: "session", Read: w.read, Sight: scenario.FullSight()}},
	})
	play.Add(sc, lab)
	verdicts, err := play.Run()
	if err != nil {
		t.Fatal(err)
	}
	if err := verdicts[0].Err(); err != nil {
		t.Log(err) // which is another test's concern
	}
	if err := w.session.Stop(nil); err != nil {
		t.Fatal(err)
	}
	r, err := w.session.Summary()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *watched) read() (scenario.Seen, error) {
	if w.session == nil {
		return scenario.Seen{}, w.open()
	}
	if err := w.session.Receive(time.Now(), nil); err != nil {
		return scenario.Seen{}, err
	}
	var seen scenario.Seen
	for _, g := range w.session.interval.Groups() {
		seen.Rows = append(seen.Rows, scenario.Observed{
			Reason: g.Reason.Name, Symbol: w.session.namer.symbol(g.Location).Name,
			NetNS: g.NetNS.Inode, Interface: g.Interface.Index,
			Protocol: g.Protocol, Transport: g.Transport, Packets: g.Packets, Buffers: g.Buffers,
		})
	}
	w.session.interval.Reset()
	return seen, nil
}

func (w *watched) open() error {
	var config Config
	for _, n := range w.nodes {
		config.NetNS = append(config.NetNS, fmt.Sprint(w.lab.Inode(n)))
	}
	s, err := Open(config)
	if err != nil {
		return err
	}
	w.session = s
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return nil
}

// checkCounters finds the counters of the scenario in the report.
func checkCounters(t *testing.T, sc scenario.Scenario, r *report.Summary) {
	t.Helper()
	for i := range r.Counters {
		if c := &r.Counters[i]; c.NetNS != nil && c.Unexplained > 0 {
			t.Errorf("%s of %s %s: %d of %d unexplained", c.Name, c.NetNS, c.Object, c.Unexplained, c.Delta)
		}
	}
	if t.Failed() {
		var text bytes.Buffer
		_ = report.Text{}.Summary(&text, r)
		t.Log(text.String())
	}
	_ = slices.Contains[[]string]
	_ = strings.Cut
}
