package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"dropwatch/internal/hoststat"
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
	needRoot(t)
	reasons, err := symbols.LoadReasons()
	if err != nil {
		t.Fatal(err)
	}
	checks := map[scenario.Need]error{}
	played, excepted := 0, 0
	for _, sc := range scenario.All() {
		t.Run(sc.Name, func(t *testing.T) {
			skipUnmet(t, checks, sc.Needs)
			w := watchScenario(t, reasons, sc)
			played++
			checkCulprit(t, sc.Name, w.report)
			if why := exceptions()[sc.Name]; why != "" {
				excepted++
				t.Log("excepted:", why)
			} else {
				checkCounters(t, w.lab, sc, w.report)
			}
			if t.Failed() {
				t.Log(w.text())
			}
		})
	}
	if excepted*20 > played {
		t.Errorf("%d of %d scenarios are excepted, at most 5 %% may be", excepted, played)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("DROPWATCH_CI") != "":
		t.Fatal("run as root: network namespaces need it")
	default:
		t.Skip("network namespaces need root")
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
		if missing := new(scenario.Missing); errors.As(err, &missing) && (missing.Package != "" || os.Getenv("DROPWATCH_CI") != "") {
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
	whole   bool // watches the whole host
	session *Session
	report  *report.Summary
}

func (w *watched) text() string {
	var b bytes.Buffer
	_ = report.Text{Advice: true}.Summary(&b, w.report)
	return b.String()
}

// watchScenario plays a scenario and has its session report.
func watchScenario(t *testing.T, reasons *symbols.Reasons, sc scenario.Scenario) *watched {
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
	_, kernel := hoststat.Identity()
	w := &watched{t: t, lab: lab, nodes: []scenario.Node{scenario.A, scenario.B}}
	if sc.Forward {
		w.nodes = append(w.nodes, scenario.C)
	}
	w.whole = slices.ContainsFunc(sc.Want, func(w scenario.Want) bool { return w.Node == scenario.Unattributed })
	play := scenario.NewPlay(scenario.Host{
		Knows:     func(name string) bool { return len(reasons.Code(name)) > 0 },
		Release:   kernel,
		Patience:  3 * time.Second,
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
	if w.report, err = w.session.Summary(); err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for _, d := range w.report.Drops {
		sum += d.Packets
	}
	if total := w.report.Total; sum != total.Packets || total.Lost+total.Benign != total.Packets {
		t.Errorf("rows have %d packets, the total is %+v", sum, total)
	}
	w.leaveOthers()
	return w
}

// leaveOthers removes what is of other namespaces than the lab's.
func (w *watched) leaveOthers() {
	foreign := func(n *report.NetNS) bool {
		return n != nil && !slices.ContainsFunc(w.nodes, func(node scenario.Node) bool { return w.lab.Inode(node) == n.Inode })
	}
	w.report.Drops = slices.DeleteFunc(w.report.Drops, func(d report.Drop) bool { return foreign(d.NetNS) })
	w.report.Counters = slices.DeleteFunc(w.report.Counters, func(c report.Counter) bool { return foreign(c.NetNS) })
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
	config := Config{All: true}
	for _, n := range w.nodes {
		if w.whole {
			break // drops of which no namespace is known belong to nobody else
		}
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
