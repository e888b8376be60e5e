package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// measured makes the costs of one flood.
func measured(arms map[string]series) []cost {
	var list []cost
	for arm, times := range arms {
		list = append(list, cost{arm: arm, times: map[string]series{"nft": times}})
	}
	return list
}

func TestTargets(t *testing.T) {
	costs := measured(map[string]series{
		armNone: {1000, 1010}, armOurs: {1080, 1095}, armBpftrace: {1240, 1260}, armAgain: {1001, 1005},
	})
	s := starts{ready: series{90, 101, 130}, extra: series{1}, rss: series{20, 41}}
	times := []runTime{{"nft", bounds{40, 50}, bounds{76, 105}}}
	var out bytes.Buffer
	if err := printTargets(&out, targets(s, times, costs)); err != nil {
		t.Fatal(err)
	}
	want := `
Targets, by smallest and median value (memory: largest, CPU of an
agent: mean); both must meet them.
  run time, dropwatch / empty program, nft  at most 2       1.90, 2.10        missed
  added cost, dropwatch / bpftrace, nft     at most 0.4     0.33, 0.34        met
  start-up until attached                   at most 100 ms  90.00, 101.00 ms  missed
  peak resident memory                      at most 40 MB   20.00, 41.00 MB   missed
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAddedVerdict(t *testing.T) {
	const noise = "not judged: the machine's load changed too much, run again"
	none, theirs := series{1000, 1000, 2000}, series{1200, 1240, 2300}
	for _, c := range []struct {
		name        string
		ours, again series
		want        string
	}{
		{"both meet", series{1050, 1080, 9000}, none, "met"},
		{"the smallest misses", series{1090, 1090, 9000}, none, "missed"},
		{"the median misses", series{1050, 1100, 9000}, none, "missed"},
		{"the smallest is noise", series{1190, 1190, 9000}, series{900, 1000, 1100}, "missed"},
		{"the median is noise", series{1050, 1190, 9000}, series{1000, 1100, 1100}, "met"},
		{"all is noise", series{1050, 1080, 9000}, series{900, 900, 900}, noise},
	} {
		t.Run(c.name, func(t *testing.T) {
			ratio, ok := addedRatio(measured(map[string]series{armNone: none, armOurs: c.ours, armBpftrace: theirs, armAgain: c.again}), "nft")
			if got := (target{limit: 0.4, measured: ratio, missing: !ok}).verdict(); got != c.want {
				t.Errorf("%v: got %q, want %q", ratio, got, c.want)
			}
		})
	}
}

func TestAddedNotMeasured(t *testing.T) {
	costs := append(measured(map[string]series{armNone: {1000}, armOurs: {1080}}),
		cost{arm: armBpftrace, failed: errors.New("not installed")})
	if ratio, ok := addedRatio(costs, "nft"); ok {
		t.Errorf("got %v of an arm that was left out", ratio)
	}
}

func TestAgrees(t *testing.T) {
	for _, c := range []struct {
		sent, counted, missed uint64
		want                  bool
	}{
		{100, 100, 0, true},
		{100, 98, 2, true},
		{100, 100, 5, true}, // missed elsewhere on the host
		{100, 99, 0, false},
		{100, 101, 0, false},
	} {
		if got := agrees(c.sent, c.counted, c.missed); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
