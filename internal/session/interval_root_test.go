package session

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
)

// TestRootIntervals reports many short intervals while packets are dropped for
// many causes. What all of them tell is what one report of the whole time tells,
// and no edge leaves anything unexplained.
func TestRootIntervals(t *testing.T) {
	needRoot(t)
	all := slices.DeleteFunc(scenario.All(), func(sc scenario.Scenario) bool { return !slices.Contains(mixed(), sc.Name) })
	lab := mixedLab(t, all)
	s, err := Open(Config{NetNS: []string{fmt.Sprint(lab.Inode(scenario.A)), fmt.Sprint(lab.Inode(scenario.B))}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sent := make(chan error, 1)
	go func() {
		for range 5 {
			if err := sendMixed(lab); err != nil {
				sent <- err
				return
			}
		}
		close(sent)
	}()
	var intervals []*report.Summary
	add := func() {
		r, err := s.IntervalBalanced()
		if err != nil {
			t.Fatal(err)
		}
		intervals = append(intervals, r)
	}
	for sending := true; sending; add() {
		if err := s.Receive(time.Now().Add(20*time.Millisecond), nil); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-sent:
			if err != nil {
				t.Fatal(err)
			}
			sending = false
		default:
		}
	}
	if err := s.Stop(nil); err != nil {
		t.Fatal(err)
	}
	add()
	whole, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	checkIntervals(t, intervals, whole)
}

func checkIntervals(t *testing.T, intervals []*report.Summary, whole *report.Summary) {
	t.Helper()
	var packets, lost uint64
	rises, blamed := make(map[counterKey]uint64), make(map[string]uint64)
	busy := 0
	for i, r := range intervals {
		packets, lost = packets+r.Total.Packets, lost+r.Total.Lost
		if len(r.Drops) > 0 {
			busy++
		}
		for _, c := range r.Counters {
			rises[keyOf(c.Name, c.Object, c.NetNS, c.Interface)] += c.Delta
			if c.Unexplained > 0 {
				t.Errorf("interval %d of %d: %s: %d of %d unexplained", i, len(intervals), c.Name, c.Unexplained, c.Delta)
			}
		}
		for _, d := range r.Drops {
			for _, c := range d.Culprit {
				blamed[d.Reason+c.Kind] += c.Packets
				if c.Packets > d.Buffers {
					t.Errorf("interval %d: %s dropped %d of %d packets of a row", i, c.Name, c.Packets, d.Buffers)
				}
			}
		}
	}
	if busy < 2 {
		t.Errorf("drops in %d of %d intervals: this tests nothing", busy, len(intervals))
	}
	if packets != whole.Total.Packets || lost != whole.Total.Lost || lost == 0 {
		t.Errorf("%d packets, %d lost in all intervals; %d, %d in the whole", packets, lost, whole.Total.Packets, whole.Total.Lost)
	}
	for _, c := range whole.Counters {
		if key := keyOf(c.Name, c.Object, c.NetNS, c.Interface); rises[key] != c.Delta {
			t.Errorf("%s rose by %d in all intervals, by %d in the whole", c.Name, rises[key], c.Delta)
		}
	}
	for _, d := range whole.Drops {
		for _, c := range d.Culprit {
			if blamed[d.Reason+c.Kind] == 0 {
				t.Errorf("%s by %s: %d packets in the whole, none in an interval", d.Reason, c.Name, c.Packets)
			}
		}
	}
}
