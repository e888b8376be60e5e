package droplog

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// example has a row of every kind.
func example() *report.Summary {
	web, eth0 := &report.NetNS{Inode: 4026532200, Name: "web"}, &report.Interface{Index: 2, Name: "eth0"}
	to := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	return &report.Summary{
		Schema: report.SummarySchema, Host: "h", Kernel: "6.1.0", Source: "ebpf", From: to.Add(-10 * time.Second), To: to, Seconds: 10,
		Total: report.Total{Packets: 130, Lost: 120, Benign: 10},
		Drops: []report.Drop{
			{
				Packets: 97, Buffers: 97, Bytes: 9700, Reason: "SOCKET_RCVBUFF", Subsystem: "core", Class: "loss", Origin: "software",
				Discard:  &report.Discard{Code: 259, Name: "no_buffer_space"},
				Location: &report.Location{Address: "0xffffffff81f0a4bc", Symbol: "__udp_queue_rcv_skb", Offset: 0x5c},
				NetNS:    web, Interface: eth0, Protocol: "IPv4", Transport: "UDP", Process: &report.Process{PID: 812, Name: "dnsd"},
				Cause: "The receive buffer was full.", Advice: "Raise it.",
				Culprit: []report.Culprit{{Kind: "socket", Name: "dnsd, pid 812, udp socket *:53", Packets: 97}},
				Sample:  &report.Sample{Source: "10.0.0.1:4000", Destination: "10.0.0.2:53", Length: 100},
			},
			{
				Packets: 1, Buffers: 1, Reason: "NETFILTER_DROP", Subsystem: "core", Class: "policy", Origin: "software",
				Location: &report.Location{Address: "0x1000", Symbol: "nft_do_chain", Offset: 0x3e8, Module: "nf_tables"},
				NetNS:    &report.NetNS{Inode: 7}, Protocol: "IPv6", Transport: "TCP",
				Flow: &report.Flow{Source: "[2001:db8::1]:4000", Destination: "[2001:db8::2]:22"},
			},
			{Packets: 12, Buffers: 12, Class: "policy", Origin: "hardware", Trap: &report.Trap{Group: "acl_drops", Name: "ingress_flow_action_drop", Cookie: "beef"}, Interface: eth0},
			{Packets: 10, Buffers: 10, Class: "loss", Origin: "counter", Counter: "TcpExt.ListenOverflows", NetNS: web, Cause: "The accept queue was full."},
			{Packets: 10, Buffers: 10, Reason: "CONSUMED", Class: "benign", Origin: "software"},
			{Packets: 5, Buffers: 5, Origin: "software", Other: true},
			{Packets: 2, Buffers: 2, Class: "peer", Origin: "software", NetNS: &report.NetNS{Inode: 8, Name: "evil\n\x1b[31m name"}, Location: &report.Location{Address: "0x2000"}},
		},
		Counters: []report.Counter{
			{Name: "Udp.InErrors", NetNS: web, Delta: 120, Loss: true, Explained: 117, Unexplained: 3, By: []report.CounterShare{{Reason: "SOCKET_RCVBUFF", Packets: 97}, {Reason: "UDP_CSUM", Packets: 20}}},
			{Name: "qdisc.drops", Interface: eth0, Object: "htb 1:", Delta: 5, Loss: true, Unexplained: 5, Parent: true},
			{Name: "Udp.NoPorts", NetNS: web, Delta: 5, Loss: true, Explained: 5},
			{Name: "Ip.InDiscards", NetNS: web, Delta: 4, Loss: true, Unexplained: 4, AtLeast: true, Cause: "Memory was short."},
		},
		Missed: report.Missed{Events: 7, Packets: 8, Limited: 412, AtLeast: true, Unkeyed: 9},
	}
}

func records() []logline.Record {
	r := example()
	p := &report.Packet{Time: r.From, Drop: r.Drops[1], Length: 60}
	segments := &report.Packet{Time: r.From, Drop: r.Drops[0], Length: 60000}
	all := append([]logline.Record{Start(r.From, "ebpf", "h", "6.1.0"), Packet(p), Packet(segments)}, Interval(r)...)
	quiet := *r
	quiet.Missed = report.Missed{}
	return append(all, Stop(r), Stop(&quiet))
}

func TestGolden(t *testing.T) {
	for name, e := range map[string]logline.Encoder{
		"log.txt": logline.TextEncoder{}, "log.jsonl": logline.JSONEncoder{}, "log.csv": logline.NewCSVEncoder(Columns()...),
	} {
		got := e.AppendHeader(nil)
		for _, r := range records() {
			got = e.AppendLine(got, &r)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s, run with -update if it is meant:\n%s", name, diff)
		}
	}
}

// Nothing happened, nothing is logged.
func TestQuiet(t *testing.T) {
	r := example()
	r.Drops, r.Missed = nil, report.Missed{}
	r.Counters = r.Counters[1:3] // a parent, and one that is explained
	if records := Interval(r); len(records) > 0 {
		t.Errorf("%d records: %+v", len(records), records)
	}
}

// Formats that must know the fields before the first line know all of them.
func TestColumns(t *testing.T) {
	columns := Columns()
	for _, r := range records() {
		for i, f := range r.Fields {
			if !slices.Contains(columns, f.Name) {
				t.Errorf("%s has a field %q that is no column", r.Event, f.Name)
			}
			if slices.ContainsFunc(r.Fields[:i], func(g logline.Field) bool { return g.Name == f.Name }) {
				t.Errorf("%s has the field %q twice", r.Event, f.Name)
			}
		}
	}
}

func TestSeverities(t *testing.T) {
	for class, want := range map[string]logline.Severity{
		"loss": logline.Warning, "policy": logline.Notice, "peer": logline.Informational, "proto": logline.Informational, "benign": logline.Debug,
	} {
		if got := severity(class); got != want {
			t.Errorf("class %s is %v, want %v", class, got, want)
		}
	}
}
