package main

import (
	"io"
	"os"
	"testing"
	"time"
)

// TestRootArms attaches every arm that is there once, and counts a small
// flood.
func TestRootArms(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	l, err := newLab()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	o := options{rounds: 1, slices: 1, slice: 1000, exact: 20000, pace: 20000, hold: 200 * time.Millisecond}
	if err := exactness(t.Context(), o, l, io.Discard); err != nil {
		t.Error(err)
	}
	if err := events(t.Context(), o, l, io.Discard); err != nil {
		t.Error(err)
	}
	list, err := costs(t.Context(), o, l, t.TempDir(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		t.Logf("%s: %v of %v counted, failed: %v", c.arm, c.counted, c.sent, c.failed)
		if c.arm == armOurs && (c.failed != nil || c.counted != c.sent) {
			t.Errorf("%s: counted %d of %d, failed: %v", c.arm, c.counted, c.sent, c.failed)
		}
	}
	times, err := runTimes(t.Context(), o, l, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range times {
		if r.empty.min <= 0 || r.ours.min <= 0 {
			t.Errorf("no run time: %+v", r)
		}
	}
}
