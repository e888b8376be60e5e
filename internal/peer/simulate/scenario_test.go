package main

import (
	"context"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// small is a run that takes seconds. Most of them are the detection of a failure,
// which nothing makes faster.
func small(t *testing.T) *config {
	return &config{
		loss: 0.2, interval: 400 * time.Millisecond, seed: 3, dir: t.TempDir(),
		pace: time.Millisecond, idle: 2 * time.Second, rounds: 3,
	}
}

// A run of members finds all that it looks for.
func TestMembers(t *testing.T) {
	if testing.Short() {
		t.Skip("detecting a failure takes some ten seconds")
	}
	t.Parallel()
	const hosts = 5
	c := small(t)
	r, err := play(t.Context(), c, hosts, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.unfinished) != 0 || !r.join.over || !r.complete.over || !r.records.over || !r.member.last.over || !r.down.over {
		t.Errorf("not everything happened: %+v", r)
	}
	// of two ordinary hosts to three collectors, and of those to each other
	if want := uint64(c.rounds * (2*3 + 3*2)); r.lossless.sent != want || r.lossless.taken != want || r.lossy.sent != want {
		t.Errorf("%+v and %+v, sent should be %d", r.lossless, r.lossy, want)
	}
	if r.membership < 50 || r.membership > 1000 || r.record < 100 || r.record > 700 || r.received < r.record {
		t.Errorf("bytes per second: %.0f and %.0f sent, %.0f received", r.membership, r.record, r.received)
	}
	// what is suspected is not declared before four probes
	if first, last := r.member.first.Duration, r.member.last.Duration; first < 4*time.Second || last < first {
		t.Errorf("death known after %v and %v", first, last)
	}
	if r.down.Duration > 2*time.Second || r.down.Duration < 3*c.interval/2 {
		t.Errorf("views say down after %v", r.down)
	}
	if r.falsely != 0 || r.rightly == 0 {
		t.Errorf("%d declared dead while alive, %d when dead", r.falsely, r.rightly)
	}
}

// A run of mute hosts too, and nothing is left of it.
func TestMute(t *testing.T) {
	const hosts = 5
	before := runtime.NumGoroutine()
	c := small(t)
	r, err := play(t.Context(), c, hosts, true, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.unfinished) != 0 || !r.records.over || !r.down.over || !r.back.over {
		t.Errorf("not everything happened: %+v", r)
	}
	if want := uint64(c.rounds * (hosts*3 + 3*2)); r.lossless.sent != want || r.lossless.taken != want {
		t.Errorf("%+v, sent should be %d", r.lossless, want)
	}
	if r.membership != 0 || r.streams != 0 || r.record < 100 {
		t.Errorf("a mute host sends %.0f B/s without records, %.0f with, and %.0f in streams", r.membership, r.record, r.streams)
	}
	left, err := os.ReadDir(c.dir)
	if err != nil || len(left) != 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("goroutines are left: %s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// Declarations are told apart from all else in a log, and those that are right from
// those that are not. That the engine writes such lines shows in TestMembers.
func TestDeclared(t *testing.T) {
	var d declared
	well, dead, other := &host{name: "well"}, &host{name: "dead"}, &host{name: "other"}
	ear := d.ear(well)
	cut := d.ear(dead)
	d.ear(other)
	dead.dead.Store(true)
	failed := func(name string) string {
		return "[INFO] memberlist: Marking " + name + " as failed, suspect timeout reached (2 peer confirmations)\n"
	}
	for _, line := range []string{
		failed("dead"), failed("other"), failed("other"), "[INFO] memberlist: Suspect other has failed, no acks received\n", "anything\n", "",
	} {
		if n, err := ear.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	// nobody hears what one says that is cut off
	if _, err := cut.Write([]byte(failed("well"))); err != nil {
		t.Error(err)
	}
	if rightly, falsely := d.counts(); rightly != 1 || falsely != 2 {
		t.Errorf("heard of %d that have failed and %d that have not, want 1 and 2", rightly, falsely)
	}
}

// A host joins by two or three of those that are there, whoever they are.
func TestSeeds(t *testing.T) {
	f := newFleet(t.Context(), &config{seed: 1}, t.TempDir())
	defer f.stop()
	if got := f.seeds(); len(got) != 0 {
		t.Errorf("the first host joins by %v", got)
	}
	for i := range 20 {
		f.hosts = append(f.hosts, newHost(i, f.net.Add()))
	}
	lengths, seen := make(map[int]bool), make(map[string]bool)
	for range 200 {
		seeds := f.seeds()
		lengths[len(seeds)] = true
		for _, s := range seeds {
			seen[s] = true
		}
	}
	if len(lengths) != 2 || !lengths[2] || !lengths[3] || len(seen) != len(f.hosts) {
		t.Errorf("by %v hosts, of %d", lengths, len(seen))
	}
}

func TestSpread(t *testing.T) {
	hosts := []*host{{number: 0}, {number: 1}}
	begun := time.Now()
	first, last := spread(t.Context(), begun, 2*lookEvery, hosts, func(h *host) bool { return h.number == 0 })
	if !first.over || last.over || last.Duration < 2*lookEvery || first.Duration > last.Duration {
		t.Errorf("one of two: first %v, last %v", first, last)
	}
	first, last = spread(t.Context(), begun, 0, hosts, func(*host) bool { return true })
	if !first.over || !last.over {
		t.Errorf("both: first %v, last %v", first, last)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if first, last = spread(ended, begun, time.Hour, hosts, func(*host) bool { return false }); first.over || last.over {
		t.Errorf("none: first %v, last %v", first, last)
	}
}

// A run that is interrupted ends soon, and with an error.
func TestInterrupted(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer end()
	begun := time.Now()
	var said strings.Builder
	status, err := run(ctx, []string{"-members", "4", "-mute", "0", "-dir", t.TempDir()}, &said, io.Discard)
	if err == nil || status != statusError || said.Len() != 0 || time.Since(begun) > 20*time.Second {
		t.Errorf("status %d, %v after %v, said %q", status, err, time.Since(begun), said.String())
	}
}
