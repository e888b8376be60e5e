package scenario

import "testing"

// without is full sight less what change takes away.
func without(change func(*Sight)) Sight {
	sight := FullSight()
	change(&sight)
	return sight
}

func TestCheckBuffers(t *testing.T) {
	merged := testWant()
	merged.Buffers = 10
	s := Scenario{Want: []Want{merged}}
	buffers := without(func(s *Sight) { s.Packets = false })
	row := changed(func(o *Observed) { o.Packets, o.Buffers = 10, 10 })
	expect(t, s.Check(testScene(), buffers, Seen{Rows: []Observed{row}}), "")
	expect(t, s.Check(testScene(), FullSight(), Seen{Rows: []Observed{row}}), "saw 10 in 10")
	row.Packets, row.Buffers = 100, 11
	expect(t, s.Check(testScene(), buffers, Seen{Rows: []Observed{row}}), "saw 11 in 11")
}

func TestCheckHeadless(t *testing.T) {
	s := Scenario{Want: []Want{testWant().headless()}}
	blind := without(func(s *Sight) { s.Headless = false })
	rows := Seen{Rows: []Observed{testRow()}}
	expect(t, s.Check(testScene(), FullSight(), rows), "")
	expect(t, s.Check(testScene(), FullSight(), Seen{}), "saw 0")
	expect(t, s.Check(testScene(), blind, rows), "unexpected")
	expect(t, s.Check(testScene(), blind, Seen{}), "")
}

func TestCheckPlain(t *testing.T) {
	s := Scenario{Want: []Want{testWant().older("OLD").plain(unspecified)}}
	plain := without(func(s *Sight) { s.Finer = false })
	row := func(reason string) Seen {
		return Seen{Rows: []Observed{changed(func(o *Observed) { o.Reason = reason })}}
	}
	expect(t, s.Check(testScene(), FullSight(), row("NO_SOCKET")), "")
	expect(t, s.Check(testScene(), FullSight(), row(unspecified)), "unexpected")
	expect(t, s.Check(testScene(), plain, row(unspecified)), "")
	expect(t, s.Check(testScene(), plain, row("NO_SOCKET")), "unexpected")
	// a kernel that does not know the finer reason says what it says to all
	old := testScene()
	old.Knows = func(reason string) bool { return reason == "OLD" }
	expect(t, s.Check(old, plain, row("OLD")), "")
	expect(t, s.Check(old, plain, row(unspecified)), "unexpected")
}

func TestCheckNoise(t *testing.T) {
	host := without(func(s *Sight) { s.NetNS, s.Interface = false, false })
	coarse := Sight{Headless: true}
	quiet := Observed{Symbol: noises()[0].symbol + ".isra.0", Packets: 3, Buffers: 3}
	packet := quiet
	packet.Protocol = 0x0800
	ours := quiet
	ours.NetNS = 1002
	other := quiet
	other.Symbol = "tcp_v4_rcv"
	for _, tt := range []struct {
		name  string
		sight Sight
		row   Observed
		fail  string
	}{
		{"noise", host, quiet, ""},
		{"noise by its function alone", coarse, quiet, ""},
		{"a packet is no noise", host, packet, "unexpected"},
		{"another function is no noise", host, other, "unexpected"},
		{"another function by its name alone", coarse, other, "unexpected"},
		{"nothing is noise in a lab", FullSight(), ours, "unexpected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, Scenario{}.Check(testScene(), tt.sight, Seen{Rows: []Observed{tt.row}}), tt.fail)
		})
	}
}

// TestNoises keeps the list from hiding what the table wants.
func TestNoises(t *testing.T) {
	for _, n := range noises() {
		if n.symbol == "" || n.why == "" {
			t.Errorf("noise without a reason: %+v", n)
		}
		for _, s := range All() {
			for _, w := range s.Want {
				for _, symbol := range w.Symbols {
					if symbol == n.symbol {
						t.Errorf("%s wants drops in %s, which are noise", s.Name, symbol)
					}
				}
			}
		}
	}
}

func TestCheckAtLeast(t *testing.T) {
	s := Scenario{Want: []Want{testWant()}}
	more := changed(func(o *Observed) { o.Packets, o.Buffers = 101, 101 })
	less := changed(func(o *Observed) { o.Packets, o.Buffers = 99, 99 })
	expect(t, s.Check(testScene(), FullSight(), Seen{Rows: []Observed{more}, AtLeast: true}), "")
	expect(t, s.Check(testScene(), FullSight(), Seen{Rows: []Observed{less}, AtLeast: true}), "saw 99")
}

func TestCheckMissed(t *testing.T) {
	s := Scenario{Want: []Want{testWant()}}
	expect(t, s.Check(testScene(), FullSight(), Seen{Rows: []Observed{testRow()}, Missed: 7}), "7 events were missed")
}
