package repair

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTwoConverge holds that after one exchange both hold all that came to
// either, that nothing was sent in vain, and that another exchange is one digest.
func TestTwoConverge(t *testing.T) {
	differed := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		a, b := newCollector(t, "a"), newCollector(t, "b")
		all := history(r, r.IntN(40))
		lose(r, a.Store, all, r.Float64())
		lose(r, b.Store, all, r.Float64())
		want := newest(a, b)
		if !cmp.Equal(contents(a.Store), contents(b.Store)) {
			differed++
		}
		repair(t, a, b, start.Add(-time.Second))
		for _, c := range []*collector{a, b} {
			if diff := cmp.Diff(want, contents(c.Store)); diff != "" {
				t.Fatalf("seed %d: %s: %s", seed, c.name, diff)
			}
			if c.useless != 0 {
				t.Fatalf("seed %d: %s got %d packets in vain", seed, c.name, c.useless)
			}
			c.messages = 0
		}
		repair(t, b, a, start.Add(-time.Second))
		if a.messages != 1 || b.messages != 0 {
			t.Fatalf("seed %d: %d and %d messages between equals", seed, a.messages, b.messages)
		}
	}
	if differed < 50 {
		t.Fatalf("only %d pairs differed to begin with", differed)
	}
}

// TestThreeConverge repairs each pair once, in any order and begun by either.
func TestThreeConverge(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		stores := []*collector{newCollector(t, "a"), newCollector(t, "b"), newCollector(t, "c")}
		all := history(r, 1+r.IntN(30))
		for _, c := range stores {
			lose(r, c.Store, all, r.Float64())
		}
		want := newest(stores...)
		pairs := [][2]int{{0, 1}, {1, 2}, {0, 2}}
		for _, i := range r.Perm(len(pairs)) {
			begins, other := stores[pairs[i][0]], stores[pairs[i][1]]
			if r.IntN(2) == 0 {
				begins, other = other, begins
			}
			repair(t, begins, other, start.Add(-time.Second))
		}
		for _, c := range stores {
			if diff := cmp.Diff(want, contents(c.Store)); diff != "" {
				t.Fatalf("seed %d: %s: %s", seed, c.name, diff)
			}
			if c.useless != 0 {
				t.Fatalf("seed %d: %s got %d packets in vain", seed, c.name, c.useless)
			}
		}
	}
}

// TestNothingOldIsSent holds that records before since neither go out nor are
// asked for.
func TestNothingOldIsSent(t *testing.T) {
	a, b := newCollector(t, "a"), newCollector(t, "b")
	packet(hostID(1), 1, 1, 0, 1, 200).put(b.Store, start)
	packet(hostID(2), 1, 1, 0, 1, 200).put(b.Store, start.Add(time.Second))
	packet(hostID(3), 1, 1, 0, 1, 200).put(a.Store, start)
	repair(t, a, b, start)
	if _, ok := contents(a.Store)[hostID(2)]; !ok || a.Stats().Hosts != 2 {
		t.Errorf("a holds %v", contents(a.Store))
	}
	if b.messages != 1 || b.Stats().Hosts != 2 {
		t.Errorf("b got %d messages and holds %v", b.messages, contents(b.Store))
	}
}

func TestAnswerAsksOnlyIfAsked(t *testing.T) {
	a, b := newStore(t, "a"), newStore(t, "b")
	packet(hostID(1), 1, 1, 0, 1, 200).put(a, start)
	for _, asks := range []bool{false, true} {
		got, err := b.Answer(a.Digest(time.Time{}, asks), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if (got.Digest != nil) != asks || got.Bundles != nil {
			t.Errorf("asks %v: %d bytes of digest, %d bundles", asks, len(got.Digest), len(got.Bundles))
		}
		if got.Digest == nil {
			continue
		}
		if name, again, err := Sender(got.Digest); name != "b" || again || err != nil {
			t.Errorf("answered by %q, asks %v, %v", name, again, err)
		}
	}
	// One that knows of nothing new gets bundles only.
	if got, err := a.Answer(b.Digest(time.Time{}, true), time.Time{}); err != nil || got.Digest != nil || len(got.Bundles) != 1 {
		t.Errorf("%d bytes of digest, %d bundles, %v", len(got.Digest), len(got.Bundles), err)
	}
}

// TestLack holds that each single difference alone is seen, by the side that has
// more and by the side that has less.
func TestLack(t *testing.T) {
	base := []sent{packet(hostID(2), 1, 2, 1, 3, 200), packet(hostID(4), 1, 2, 0, 1, 200)}
	for _, c := range []struct {
		name string
		sent
	}{
		{"host in front", packet(hostID(1), 1, 1, 0, 1, 200)},
		{"host in between", packet(hostID(3), 1, 1, 0, 1, 200)},
		{"host at the end", packet(hostID(5), 1, 1, 0, 1, 200)},
		{"part", packet(hostID(2), 1, 2, 0, 3, 200)},
		{"sequence", packet(hostID(2), 1, 3, 0, 1, 200)},
		{"epoch", packet(hostID(4), 2, 0, 0, 1, 200)},
	} {
		less, more := newStore(t, "less"), newStore(t, "more")
		for _, p := range base {
			p.put(less, start)
			p.put(more, start)
		}
		c.put(more, start)
		a, err := less.Answer(more.Digest(time.Time{}, true), time.Time{})
		if err != nil || a.Digest == nil || a.Bundles != nil {
			t.Errorf("%s: less answers with %d bytes of digest, %d bundles, %v", c.name, len(a.Digest), len(a.Bundles), err)
		}
		b, err := more.Answer(less.Digest(time.Time{}, true), time.Time{})
		if err != nil || b.Digest != nil {
			t.Errorf("%s: more answers with %d bytes of digest, %v", c.name, len(b.Digest), err)
		}
		if diff := cmp.Diff(pack([][]byte{c.raw}), b.Bundles); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
