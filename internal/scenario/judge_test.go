package scenario

import (
	"strings"
	"testing"
)

func testScene() Scene {
	return Scene{
		Inodes:     map[Node]uint32{A: 1001, B: 1002},
		Interfaces: map[string]uint32{"lo": 1, "ab": 3, "ba": 2},
		Rises:      map[Node]map[string]uint64{B: {"Udp.NoPorts": 100, "Udp.InErrors": 7, "Udp.RcvbufErrors": 7}},
		Knows:      func(reason string) bool { return reason == "NO_SOCKET" || reason == unspecified },
		Release:    "6.12.107+deb13",
	}
}

func testRow() Observed {
	return Observed{
		Reason: "NO_SOCKET", Symbol: "__udp4_lib_rcv", NetNS: 1002, Interface: 2,
		Protocol: 0x0800, Transport: 17, Packets: 100, Buffers: 100,
	}
}

func testWant() Want {
	return ipv4().atB("NO_SOCKET", 17, "__udp4_lib_rcv")
}

// changed is the row of the tests with something else about it.
func changed(change func(*Observed)) Observed {
	row := testRow()
	change(&row)
	return row
}

func TestCheckRows(t *testing.T) {
	foreign := changed(func(o *Observed) { o.NetNS = 7 })
	nowhere := changed(func(o *Observed) { o.NetNS = 0 })
	tests := []struct {
		name string
		want []Want
		seen []Observed
		fail string // part of the error; empty for none
	}{
		{"exact", []Want{testWant()}, []Observed{testRow()}, ""},
		{"split rows", []Want{testWant()}, []Observed{
			changed(func(o *Observed) { o.Packets, o.Buffers = 60, 60 }),
			changed(func(o *Observed) { o.Packets, o.Buffers = 40, 40 }),
		}, ""},
		{"nothing wanted, nothing seen", nil, nil, ""},
		{"nothing wanted", nil, []Observed{testRow()}, "unexpected"},
		{"nothing seen", []Want{testWant()}, nil, "saw 0 in 0"},
		{"one too few", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Packets, o.Buffers = 99, 99 })}, "saw 99"},
		{"one too many", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Packets, o.Buffers = 101, 101 })}, "saw 101"},
		{"at least", []Want{{Reason: "NO_SOCKET", Symbols: []string{"__udp4_lib_rcv"}, Node: B, Interface: "ba", Protocol: 0x0800, Transport: 17, Packets: 50, AtLeast: true}}, []Observed{testRow()}, ""},
		{"merged buffers", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Buffers = 10 })}, "100 packets in 100 buffers, saw 100 in 10"},
		{"compiler's variant", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Symbol = "__udp4_lib_rcv.constprop.0" })}, ""},
		{"other reason", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Reason = unspecified })}, "unexpected"},
		{"other symbol", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Symbol = "tcp_v4_rcv" })}, "unexpected"},
		{"other node", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.NetNS = 1001 })}, "unexpected"},
		{"other interface", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Interface = 1 })}, "unexpected"},
		{"other protocol", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Protocol = 0x86dd })}, "unexpected"},
		{"other transport", []Want{testWant()}, []Observed{changed(func(o *Observed) { o.Transport = 6 })}, "unexpected"},
		{"other namespaces do not matter", nil, []Observed{foreign, nowhere}, ""},
		{"unattributed", []Want{testWant().at(Unattributed, "")}, []Observed{nowhere}, ""},
		{"unattributed in the lab", []Want{testWant().at(Unattributed, "")}, []Observed{testRow()}, ""},
		{"unattributed but foreign", []Want{testWant().at(Unattributed, "")}, []Observed{foreign}, "saw 0"},
		{"empty row", nil, []Observed{{NetNS: 1002}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, Scenario{Want: tt.want}.Check(testScene(), FullSight(), Seen{Rows: tt.seen}), tt.fail)
		})
	}
}

func expect(t *testing.T, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case part != "" && (err == nil || !strings.Contains(err.Error(), part)):
		t.Errorf("error %v does not contain %q", err, part)
	}
}

// TestCheckBlind judges by sums what a source cannot tell apart.
func TestCheckBlind(t *testing.T) {
	both := Scenario{Want: []Want{testWant(), testWant().at(A, "ab")}}
	blind := Sight{Reason: true, Protocol: true, Packets: true}
	row := Observed{Reason: "NO_SOCKET", Symbol: "__udp4_lib_rcv", Protocol: 0x0800, Packets: 200, Buffers: 200}
	expect(t, both.Check(testScene(), blind, Seen{Rows: []Observed{row}}), "")
	row.Packets = 199
	expect(t, both.Check(testScene(), blind, Seen{Rows: []Observed{row}}), "want 200 packets in 200 buffers, saw 199")
	row.Symbol = "tcp_v4_rcv"
	expect(t, both.Check(testScene(), blind, Seen{Rows: []Observed{row}}), "unexpected")
	// with full sight the same rows are told apart
	expect(t, both.Check(testScene(), FullSight(), Seen{Rows: []Observed{testRow()}}), "saw 0 in 0")
}

func TestCheckReasonByKernel(t *testing.T) {
	none := testScene()
	none.Knows = nil
	newer := testScene()
	newer.Release = "6.18.44"
	want := testWant().older("OLD")
	tests := []struct {
		name   string
		scene  Scene
		want   Want
		reason string
		fail   bool
	}{
		{"known", testScene(), want, "NO_SOCKET", false},
		{"known, old one given", testScene(), want, "OLD", true},
		{"before its use", testScene(), want.since("6.14"), "OLD", false},
		{"before its use, new one given", testScene(), want.since("6.14"), "NO_SOCKET", true},
		{"after its use", newer, want.since("6.14"), "NO_SOCKET", false},
		{"kernel without reasons", none, want, "", false},
		{"kernel without reasons gives one", none, want, "NO_SOCKET", true},
		{"unknown", testScene(), ipv4().atB("FUTURE", 17, "__udp4_lib_rcv").older("OLD"), "OLD", false},
		{"unknown, no older", testScene(), ipv4().atB("FUTURE", 17, "__udp4_lib_rcv"), "OLD", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := changed(func(o *Observed) { o.Reason = tt.reason })
			err := Scenario{Want: []Want{tt.want}}.Check(tt.scene, FullSight(), Seen{Rows: []Observed{row}})
			if (err != nil) != tt.fail {
				t.Errorf("error %v, want one: %v", err, tt.fail)
			}
		})
	}
}

func TestCheckCounters(t *testing.T) {
	tests := []struct {
		counter Counter
		fail    string
	}{
		{Counter{Node: B, Name: "Udp.NoPorts", Delta: 100}, ""},
		{Counter{Node: B, Name: "Udp.NoPorts", Delta: 99}, "rose by 100, want 99"},
		{Counter{Node: B, Name: "Udp.NoPorts", Delta: 99, AtLeast: true}, ""},
		{Counter{Node: B, Name: "Udp.NoPorts", Delta: 101, AtLeast: true}, "want 101"},
		{Counter{Node: A, Name: "Udp.NoPorts", Delta: 100}, "rose by 0"},
		{Counter{Node: B, Name: "Udp.InErrors", Same: "Udp.RcvbufErrors"}, ""},
		{Counter{Node: B, Name: "Udp.NoPorts", Same: "Udp.RcvbufErrors"}, "want 7"},
		{Counter{Node: B, Name: "Udp.SndbufErrors", Same: "Udp.MemErrors"}, "did not rise"},
	}
	for _, tt := range tests {
		err := Scenario{Counters: []Counter{tt.counter}}.Check(testScene(), FullSight(), Seen{})
		expect(t, err, tt.fail)
	}
}

func TestCheckFromCounter(t *testing.T) {
	want := testWant()
	want.FromCounter = "Udp.RcvbufErrors"
	row := changed(func(o *Observed) { o.Packets, o.Buffers = 7, 7 })
	expect(t, Scenario{Want: []Want{want}}.Check(testScene(), FullSight(), Seen{Rows: []Observed{row}}), "")
	row.Packets = 8
	expect(t, Scenario{Want: []Want{want}}.Check(testScene(), FullSight(), Seen{Rows: []Observed{row}}), "saw 8 in 7")
	want.Packets = 6
	expect(t, Scenario{Want: []Want{want}}.Check(testScene(), FullSight(), Seen{}), "rose by 7, want 1 to 6")
	want.FromCounter = "Udp.MemErrors"
	expect(t, Scenario{Want: []Want{want}}.Check(testScene(), FullSight(), Seen{}), "rose by 0")
}

func TestSceneBefore(t *testing.T) {
	tests := []struct {
		release, other string
		want           bool
	}{
		{"6.12.107+deb13", "6.13", true},
		{"6.13", "6.13", false},
		{"6.18.44-fc-v669", "6.13", false},
		{"5.10.0-32-cloud-amd64", "6.1", true},
		{"7.2-rc1", "6.18", false},
		{"7.2-rc1", "7.3", true},
	}
	for _, tt := range tests {
		if got := (Scene{Release: tt.release}).before(tt.other); got != tt.want {
			t.Errorf("%s before %s: %v", tt.release, tt.other, got)
		}
	}
}
