package dropmon

import (
	"os"
	"testing"
	"time"
)

func keepsName(t *testing.T, s *subject) {
	if got := s.start(t, nil).Name(); got != s.name {
		t.Errorf("name %q, want %q", got, s.name)
	}
}

// Receive returns at the deadline, not before, whatever drops meanwhile.
func keepsDeadline(t *testing.T, s *subject) {
	for _, packets := range []bool{false, !s.counts} {
		o := s.tally(s.start(t, func(c *Config) { c.Packets = packets }))
		o.receive(t, time.Now().Add(-time.Hour))
		s.drop(t, s.lab, 10)
		for range 3 {
			deadline := time.Now().Add(30 * time.Millisecond)
			o.receive(t, deadline)
			if time.Now().Add(s.early).Before(deadline) {
				t.Errorf("packets %v: returned before the deadline", packets)
			}
		}
	}
}

// A Wake ends the Receive that waits, or the next one.
func keepsWake(t *testing.T, s *subject) {
	source := s.start(t, nil)
	forever := func() {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- source.Receive(time.Time{}, func(*Drop) {}) }()
		select {
		case err := <-done:
			must(t, err)
		case <-time.After(patience):
			source.Wake()
			t.Fatal("was not woken")
		}
	}
	for range 3 {
		source.Wake()
		forever()
	}
	// Now it most probably waits.
	for _, pause := range []time.Duration{0, time.Millisecond, 30 * time.Millisecond} {
		wake := time.AfterFunc(pause, source.Wake)
		forever()
		wake.Stop()
	}
}

func keepsGroups(t *testing.T, s *subject) {
	o := s.tally(s.start(t, nil))
	stats := o.stats(t, Stats{})
	sum := uint64(0)
	for _, n := range []int{100, 1, 234} { // each time only the new ones
		s.drop(t, s.lab, n)
		sum += uint64(n)
		o.until(t, sum)
		stats = o.stats(t, stats)
	}
	o.receive(t, time.Now())
	o.expect(t, sum)
	for _, d := range o.examples {
		checkTimes(t, &d)
	}
	if o.samples != 0 {
		t.Errorf("%d samples, but nobody asked for any", o.samples)
	}
	if !s.shared && stats != (Stats{}) {
		t.Errorf("nothing was missed, but %+v", stats)
	}
}

func checkTimes(t *testing.T, d *Drop) {
	t.Helper()
	// The clocks of kernel and program may differ a little.
	if d.Last.Before(d.First) || time.Since(d.First) > patience || time.Until(d.Last) > time.Second {
		t.Errorf("dropped from %v to %v", d.First, d.Last)
	}
}

func keepsPackets(t *testing.T, s *subject) {
	s.singly(t)
	o := s.tally(s.start(t, withPackets))
	s.drop(t, s.lab, 100)
	o.until(t, 100)
	if o.rows != 100 {
		t.Errorf("%d rows for 100 packets", o.rows)
	}
	for _, d := range o.examples {
		if d.Packets != 1 || d.Buffers != 1 {
			t.Errorf("%d packets, %d buffers in a single packet", d.Packets, d.Buffers)
		}
		checkTimes(t, &d)
	}
	if stats := o.stats(t, Stats{}); !s.shared && stats != (Stats{}) {
		t.Errorf("nothing was missed, but %+v", stats)
	}
}

// Samples are of packets that are counted in their group.
func keepsSamples(t *testing.T, s *subject) {
	o := s.tally(s.start(t, func(c *Config) { c.SampleInterval = time.Microsecond }))
	s.drop(t, s.lab, 50)
	o.until(t, 50)
	if (o.samples > 0) != s.samples {
		t.Errorf("%d samples", o.samples)
	}
	for _, d := range o.examples {
		if d.Packets == 0 && (d.Buffers != 0 || d.Bytes != 0 || len(d.Packet) == 0 || d.Length == 0) {
			t.Errorf("a sample of %d buffers, %d bytes, with %d bytes of a packet of %d", d.Buffers, d.Bytes, len(d.Packet), d.Length)
		}
	}
}

// Before a source waits it tells that there is nothing left.
func keepsIdle(t *testing.T, s *subject) {
	s.singly(t)
	var o *ownDrops
	atIdle := -1
	o = s.tally(s.start(t, func(c *Config) {
		c.Packets = true
		c.Idle = func() { atIdle = o.rows }
	}))
	s.drop(t, s.lab, 100)
	o.until(t, 100)
	o.receive(t, time.Now().Add(50*time.Millisecond)) // waits, as there is nothing
	if atIdle != 100 {
		t.Errorf("when it was idle, %d of 100 packets were delivered", atIdle)
	}
}

// What came before Stop can be received after it, and nothing else.
func keepsStop(t *testing.T, s *subject, packets bool) {
	if packets {
		s.singly(t)
	}
	o := s.tally(s.start(t, func(c *Config) { c.Packets = packets }))
	s.drop(t, s.lab, 77)
	o.source.Wake() // too early for what is to be read
	must(t, o.source.Stop())
	s.drop(t, s.lab, 50)
	o.receive(t, time.Now())
	o.expect(t, 77)
	o.receive(t, time.Now().Add(20*time.Millisecond))
	o.expect(t, 77)
	before := o.stats(t, Stats{})
	must(t, o.source.Stop())
	o.stats(t, before)
}

func keepsRateLimit(t *testing.T, s *subject) {
	s.singly(t)
	const limit, sent = 10, 1000
	o := s.tally(s.start(t, func(c *Config) { c.Packets, c.RateLimit = true, limit }))
	start := time.Now()
	s.drop(t, s.lab, sent)
	seconds := int(time.Since(start)/time.Second) + 2 // that were begun
	must(t, o.source.Stop())
	rows := 0 // others' too: the limit is for all
	must(t, o.source.Receive(time.Now(), func(*Drop) { rows++ }))
	stats := o.stats(t, Stats{})
	sum := uint64(rows) + stats.PacketsLimited
	if sum < sent || sum > sent && !s.shared {
		t.Errorf("%d delivered, %d held back, of %d", rows, stats.PacketsLimited, sent)
	}
	if rows == 0 || !s.shared && rows > seconds*limit {
		t.Errorf("%d delivered in %d seconds, the limit is %d a second", rows, seconds, limit)
	}
}

// Two sources see the same drops, and one goes on when the other ends.
func keepsTwo(t *testing.T, s *subject) {
	first, second := s.tally(s.start(t, nil)), s.tally(s.start(t, nil))
	s.drop(t, s.lab, 60)
	first.until(t, 60)
	second.until(t, 60)
	must(t, first.source.Close())
	// Only one can have the drop monitor: the second takes its turn.
	for end := time.Now().Add(patience); ListensOnly(second.source); {
		if time.Now().After(end) {
			t.Fatal("the drop monitor is off for the second")
		}
		second.receive(t, time.Now().Add(50*time.Millisecond))
	}
	s.drop(t, s.lab, 40)
	second.until(t, 100)
}

func keepsClose(t *testing.T, s *subject) {
	source := s.start(t, nil)
	s.drop(t, s.lab, 1)
	must(t, source.Close())
	must(t, source.Close())
	failed := make(chan error, 1)
	go func() { failed <- source.Receive(time.Time{}, func(*Drop) {}) }()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("Receive after Close is no error")
		}
	case <-time.After(patience):
		t.Fatal("Receive after Close hangs")
	}
}

// What finds no room in the groups is in no group, but in the total.
func keepsTooMany(t *testing.T, s *subject) {
	if s.flows == 0 {
		t.Skip("it tells no flows apart, or more flows than fit would take an emulated processor too long")
	}
	o := s.tally(s.start(t, func(c *Config) { c.Detail = DetailFlow }))
	dropFlows(t, s.lab, s.flows)
	must(t, o.source.Stop())
	o.receive(t, time.Now())
	stats := o.stats(t, Stats{})
	t.Logf("sent %d, got %d in %d groups and %d in none, %+v", s.flows, o.packets(), o.rows, o.unkeyed, stats)
	if o.unkeyed == 0 || stats.Unkeyed != o.unkeyed || o.packets()+o.unkeyed+stats.Unseen != uint64(s.flows) {
		t.Error("that does not add up")
	}
}

// What is not delivered of very many at once is counted.
func keepsBurst(t *testing.T, s *subject, packets bool) {
	sent := uint64(20000)
	if os.Getenv("VMTEST") != "" {
		sent /= 4 // an emulated processor takes long; TestVMBurst of netdm sends them all
	}
	switch {
	case packets:
		s.singly(t)
	case !s.counts:
		sent /= 4 // many packets one by one are the harder case
	}
	o := s.tally(s.start(t, func(c *Config) {
		if c.Packets = packets; packets {
			c.Queue = 100
		}
	}))
	s.drop(t, s.lab, int(sent))
	must(t, o.source.Stop())
	o.receive(t, time.Now())
	stats := o.stats(t, Stats{})
	got := o.packets()
	lost := stats.Unseen + stats.PacketsLost
	t.Logf("sent %d, got %d, lost %d", sent, got, lost)
	if got > sent && !s.counts || got+lost < sent && !stats.AtLeast || got+lost > sent && !s.shared {
		t.Errorf("sent %d, got %d, lost %d, %+v", sent, got, lost, stats)
	}
}
