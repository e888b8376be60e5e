package dropmon

import (
	"testing"
	"time"
)

// start opens the subject with some more configuration.
func (s *subject) start(t *testing.T, change func(*Config)) Source {
	t.Helper()
	config := s.config
	if change != nil {
		change(&config)
	}
	source, err := s.open(config)
	must(t, err)
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	return source
}

func withPackets(c *Config) { c.Packets = true }

// singly is for promises about single packets.
func (s *subject) singly(t *testing.T) {
	t.Helper()
	if s.counts {
		t.Skip("it has no single packets")
	}
}

// A tally adds up what a source delivers of the test's own drops.
type ownDrops struct {
	subject  *subject
	source   Source
	rows     int
	samples  int
	unkeyed  uint64
	byPlace  map[uint64]uint64
	examples []Drop // one of each place
}

func (s *subject) tally(source Source) *ownDrops {
	return &ownDrops{subject: s, source: source, byPlace: make(map[uint64]uint64)}
}

// packets is what the place with the most packets dropped: a source that tells
// only places shows ours among others.
func (o *ownDrops) packets() uint64 {
	most := uint64(0)
	for _, n := range o.byPlace {
		most = max(most, n)
	}
	return most
}

func (o *ownDrops) take(d *Drop) {
	switch {
	case d.Unkeyed:
		o.unkeyed += d.Packets
	case !o.subject.mine(d):
	case d.Packets == 0:
		o.samples++
		o.example(d)
	default:
		o.rows++
		o.byPlace[d.Location] += d.Packets
		o.example(d)
	}
}

func (o *ownDrops) example(d *Drop) {
	if len(o.examples) < 100 {
		c := *d
		c.Packet = append([]byte(nil), d.Packet...)
		o.examples = append(o.examples, c)
	}
}

// receive takes until a deadline.
func (o *ownDrops) receive(t *testing.T, deadline time.Time) {
	t.Helper()
	must(t, o.source.Receive(deadline, o.take))
}

// until takes until there are as many packets as said, or for a long time.
func (o *ownDrops) until(t *testing.T, packets uint64) {
	t.Helper()
	for end := time.Now().Add(patience); o.packets() < packets && time.Now().Before(end); {
		o.receive(t, time.Now().Add(50*time.Millisecond))
	}
	o.expect(t, packets)
}

// expect demands the number of packets, or at least as many where others' drops
// are counted too.
func (o *ownDrops) expect(t *testing.T, packets uint64) {
	t.Helper()
	if got := o.packets(); got < packets || got > packets && !o.subject.counts {
		t.Fatalf("%d packets in %d rows, want %d", got, o.rows, packets)
	}
	if o.unkeyed > 0 && !o.subject.shared {
		t.Errorf("%d packets in no group", o.unkeyed)
	}
}

// stats demands that nothing is taken back.
func (o *ownDrops) stats(t *testing.T, before Stats) Stats {
	t.Helper()
	now, err := o.source.Stats()
	must(t, err)
	if now.Unseen < before.Unseen || now.PacketsLost < before.PacketsLost || now.PacketsLimited < before.PacketsLimited ||
		now.Unkeyed < before.Unkeyed || before.AtLeast && !now.AtLeast {
		t.Errorf("statistics went back from %+v to %+v", before, now)
	}
	return now
}
