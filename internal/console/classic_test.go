package console

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/report"
)

func row() report.Drop {
	return report.Drop{
		Packets: 3, Buffers: 3, Origin: "software", Reason: "NO_SOCKET", Class: "peer",
		Location:  &report.Location{Address: "0xffffffffa1c2d3e5", Symbol: "__udp4_lib_rcv", Offset: 0x235, Size: 0x5d0},
		NetNS:     &report.NetNS{Inode: 7, Name: "blue"},
		Interface: &report.Interface{Index: 3, Name: "eth0"},
		Protocol:  "IPv4", Transport: "UDP",
		Process: &report.Process{PID: 8, Name: "named"},
	}
}

// The lines begin as those of the C program do.
func TestClassicLines(t *testing.T) {
	unresolved := row()
	unresolved.Location = &report.Location{Address: "0xffffffffa1c2d3e5"}
	unresolved.Process, unresolved.Reason, unresolved.Class = nil, "", ""
	bare := report.Drop{Packets: 1, Origin: "software"}
	trap := report.Drop{Packets: 12, Origin: "hardware", Trap: &report.Trap{Group: "l2_drops", Name: "source_mac_is_multicast"}}
	other := report.Drop{Packets: 4, Origin: "software", Other: true}
	var b bytes.Buffer
	err := writeClassicLines(&b, &report.Summary{
		Drops: []report.Drop{row(), unresolved, bare, trap, other}, Missed: report.Missed{Events: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `3 drops at __udp4_lib_rcv+235 (0xffffffffa1c2d3e5) [software] NO_SOCKET peer blue:eth0 IPv4 UDP named (pid 8)
3 drops at location 0xffffffffa1c2d3e5 [software] blue:eth0 IPv4 UDP
1 drops [software]
12 drops at source_mac_is_multicast [hardware]
4 drops of other kinds [software]
missed: 2 drops seen by nobody (they are in no number here)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestClassicPacket(t *testing.T) {
	when := time.Date(2022, 12, 22, 13, 14, 21, 5165840, time.Local)
	whole := row()
	whole.EtherType = 0x800
	for name, test := range map[string]struct {
		packet report.Packet
		link   int
		want   string
	}{
		"all": {
			report.Packet{Time: when, Drop: whole, Length: 84, Data: make([]byte, 98)}, 14,
			`drop at: __udp4_lib_rcv+0x235/0x5d0 (0xffffffffa1c2d3e5)
origin: software
input port ifindex: 3
timestamp: Thu Dec 22 13:14:21 2022 005165840 nsec
protocol: 0x800
length: 98
original length: 98
drop reason: NO_SOCKET
class: peer
place: blue:eth0
process: named (pid 8)

`},
		"truncated": {
			report.Packet{Time: when, Drop: report.Drop{Origin: "software", EtherType: 0x88b5, Flow: &report.Flow{Source: "a", Destination: "b"}}, Length: 1500, Data: make([]byte, 64)}, 0,
			`origin: software
timestamp: Thu Dec 22 13:14:21 2022 005165840 nsec
protocol: 0x88b5
length: 64
original length: 1500
flow: a > b

`},
		"unresolved": {
			report.Packet{Time: when, Drop: report.Drop{Origin: "software", Location: &report.Location{Address: "0xffffffffa1c2d3e5"}}, Length: 10, Data: make([]byte, 10)}, 0,
			`drop at: 0xffffffffa1c2d3e5 (0xffffffffa1c2d3e5)
origin: software
timestamp: Thu Dec 22 13:14:21 2022 005165840 nsec
length: 10
original length: 10

`},
		"module": {
			report.Packet{Time: when, Drop: report.Drop{Origin: "software", Interface: &report.Interface{Name: "eth0"}, Location: &report.Location{
				Address: "0xffffffffc0a1b2c3", Symbol: "nft_do_chain", Offset: 0x4b5, Size: 0x5d0, Module: "nf_tables"}}}, 0,
			`drop at: nft_do_chain+0x4b5/0x5d0 [nf_tables] (0xffffffffc0a1b2c3)
origin: software
timestamp: Thu Dec 22 13:14:21 2022 005165840 nsec
length: 0
original length: 0
place: eth0

`},
		"hardware": {
			report.Packet{Time: when, Drop: report.Drop{Origin: "hardware", EtherType: 0x806,
				Interface: &report.Interface{Index: 2, Name: "eth0"}, Trap: &report.Trap{Group: "acl_drops", Name: "ingress_flow_action_drop", Cookie: "0a0b0c"}},
				Length: 46, Data: make([]byte, 60)}, 14,
			`drop at: ingress_flow_action_drop (acl_drops)
origin: hardware
input port ifindex: 2
input port name: eth0
cookie: 0a0b0c
timestamp: Thu Dec 22 13:14:21 2022 005165840 nsec
protocol: 0x806
length: 60
original length: 60
place: eth0

`},
	} {
		var b bytes.Buffer
		if err := new(classicPackets).write(&b, &test.packet, test.link); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestBoolean(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "TRUE": true, "1": true, "false": false, "False": false, "0": false} {
		on, digit, err := boolean(value)
		if err != nil || on != want || (digit == 1) != want {
			t.Errorf("%s: %t, %d, %v", value, on, digit, err)
		}
	}
	for _, value := range []string{"", "yes", "2", "truee"} {
		if _, _, err := boolean(value); err == nil || !strings.Contains(err.Error(), "invalid boolean value") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	for want, d := range map[string]report.Drop{
		"":                 {},
		"blue":             {NetNS: &report.NetNS{Inode: 1, Name: "blue"}},
		"eth0":             {Interface: &report.Interface{Index: 1, Name: "eth0"}},
		"netns 7:eth0":     {NetNS: &report.NetNS{Inode: 7}, Interface: &report.Interface{Name: "eth0"}},
		"blue:interface 9": {NetNS: &report.NetNS{Inode: 7, Name: "blue"}, Interface: &report.Interface{Index: 9}},
	} {
		if got := place(&d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
