package scenario

import "testing"

// TestCheckTogether judges two scenarios by one source's rows.
func TestCheckTogether(t *testing.T) {
	other := testWant()
	other.Symbols = []string{"other"}
	scene := testScene()
	foreign := testScene()
	foreign.Inodes = map[Node]uint32{A: 2001, B: 2002}
	trials := []Trial{
		{Scenario{Name: "one", Want: []Want{testWant()}}, scene},
		{Scenario{Name: "two", Want: []Want{testWant(), other}}, foreign},
	}
	row := func(symbol string, n uint64) Observed { return Observed{Symbol: symbol, Packets: n, Buffers: n} }
	shared := testWant().Symbols[0]
	coarse := Sight{Headless: true}
	for _, tt := range []struct {
		name     string
		rows     []Observed
		one, two string
		rest     string
	}{
		{"right", []Observed{row(shared, 200), row("other", 100)}, "", "", ""},
		{"both are short", []Observed{row(shared, 199), row("other", 100)}, "one: want 200", "two: want 200", ""},
		{"one is short", []Observed{row(shared, 200), row("other", 99)}, "", "two: want 100", ""},
		{"nobody's", []Observed{row(shared, 200), row("other", 100), row("third", 1)}, "", "", "unexpected: 1 packets"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := Check(trials, coarse, Seen{Rows: tt.rows})
			expect(t, v.Trials[0], tt.one)
			expect(t, v.Trials[1], tt.two)
			expect(t, v.Unexpected, tt.rest)
		})
	}
	// a source that tells namespaces keeps them apart
	theirs := changed(func(o *Observed) { o.NetNS, o.Packets, o.Buffers = 2002, 99, 99 })
	v := Check(trials, FullSight(), Seen{Rows: []Observed{testRow(), theirs}})
	expect(t, v.Trials[0], "")
	expect(t, v.Trials[1], "saw 99")
}

// TestCheckAbroad lets others on the host drop packets too.
func TestCheckAbroad(t *testing.T) {
	s := Scenario{Want: []Want{testWant()}}
	host := Sight{Reason: true, Protocol: true, Headless: true}
	abroad := func(least, most uint64) Abroad {
		row := changed(func(o *Observed) { o.NetNS = 7 })
		a, b := row, row
		a.Buffers, b.Buffers = least, most
		return Abroad{Least: []Observed{a}, Most: []Observed{b}}
	}
	seen := func(n uint64, a Abroad) Seen {
		return Seen{Rows: []Observed{changed(func(o *Observed) { o.Packets, o.Buffers = n, n })}, Abroad: a}
	}
	for _, tt := range []struct {
		name string
		seen Seen
		fail string
	}{
		{"none", seen(100, Abroad{}), ""},
		{"some", seen(107, abroad(5, 9)), ""},
		{"the least", seen(105, abroad(5, 9)), ""},
		{"the most", seen(109, abroad(5, 9)), ""},
		{"too few", seen(104, abroad(5, 9)), "saw 104"},
		{"too many", seen(110, abroad(5, 9)), "saw 110"},
	} {
		t.Run(tt.name, func(t *testing.T) { expect(t, s.Check(testScene(), host, tt.seen), tt.fail) })
	}
	nobodys := Scenario{}
	expect(t, nobodys.Check(testScene(), host, seen(9, abroad(0, 9))), "")
	expect(t, nobodys.Check(testScene(), host, seen(10, abroad(0, 9))), "unexpected")
	// who tells namespaces needs no excuse
	expect(t, nobodys.Check(testScene(), FullSight(), seen(9, abroad(0, 9))), "unexpected")
}

func TestAbroad(t *testing.T) {
	trials := []Trial{{Scenario{Want: []Want{testWant().at(Unattributed, "")}}, testScene()}}
	nowhere := changed(func(o *Observed) { o.NetNS = 0 })
	foreign := changed(func(o *Observed) { o.NetNS = 7 })
	unwanted := changed(func(o *Observed) { o.NetNS, o.Symbol = 0, "other" })
	got := abroad(trials, []Observed{testRow(), nowhere, foreign, unwanted})
	if len(got) != 2 || got[0] != foreign || got[1] != unwanted {
		t.Errorf("abroad: %+v", got)
	}
}
