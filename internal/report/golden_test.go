package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// golden compares with a file, or writes it with
//
//	go test ./internal/report -update
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files")
	os.Exit(m.Run())
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// noSocket is the example of the design document.
func noSocket() Drop {
	return Drop{
		Packets: 100, Buffers: 100, Bytes: 2800,
		Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software",
		Location:  &Location{Address: "0xffffffff81f0a4bc", Symbol: "__udp4_lib_rcv", Offset: 1212, Size: 2000},
		NetNS:     &NetNS{Inode: 4026532200, Name: "b"},
		Interface: &Interface{Index: 2, Name: "veth0"},
		Protocol:  "IPv4", Transport: "UDP",
		Process: &Process{PID: 812, Name: "dnsd"},
		Cause:   "Nobody listens on that UDP port; the kernel answered 'port unreachable' (these answers are rate limited).",
		Advice:  "Start the service, fix its bind address or namespace, or stop the sender. Look with `ss -ulnp`.",
		First:   noon, Last: noon.Add(9 * time.Second),
		Sample: &Sample{Source: "10.0.0.1:4000", Destination: "10.0.0.2:9", Length: 28},
	}
}

// long has everything at its longest.
func long() Drop {
	d := noSocket()
	d.Packets, d.Buffers = 18446744073709551615, 18446744073709551614
	d.Reason, d.Subsystem, d.Class = "RX_DROP_U_UNPROTECTED_UNICAST_PUBLIC_ACTION", "mac80211_unusable", "policy"
	d.Location = &Location{Address: "0xffffffffc0a1b2c3", Symbol: strings.Repeat("very_long_function_name_", 4), Offset: 0xfffff, Module: "mac80211"}
	d.NetNS = &NetNS{Inode: 4294967295, Name: "cni-01234567-89ab-cdef-0123-456789abcdef"}
	d.Interface = &Interface{Index: 4294967295, Name: "wlx0123456789ab"}
	d.Protocol, d.Transport = "IPv6", "IPv6-in-IP"
	d.Flow = &Flow{Source: "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", Destination: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"}
	d.Process = &Process{PID: 4194304, Name: "größter Prozess"}
	return d
}

func document() *Summary {
	ovs := Drop{
		Packets: 40, Buffers: 1, Bytes: 60000, Reason: "OVS_DROP_METER", Subsystem: "openvswitch", Class: "policy",
		Origin: "software", Location: &Location{Address: "0xffffffffc0123456", Module: ""}, NetNS: &NetNS{Inode: 4026531840},
		Interface: &Interface{Index: 9}, First: noon, Last: noon,
		Sample: &Sample{Source: "10.0.0.1", Destination: "10.0.0.2", Length: 1500, Process: &Process{PID: 3, Name: "iperf3"}},
	}
	trap := Drop{
		Packets: 7, Buffers: 7, Bytes: 700, Class: "loss", Origin: "hardware",
		Trap: &Trap{Group: "l2_drops", Name: "ingress_vlan_filter"}, Interface: &Interface{Index: 4, Name: "swp1"},
	}
	bare := Drop{Packets: 1, Buffers: 1, Bytes: 60, Origin: "software"}
	other := Drop{Packets: 5, Buffers: 5, Bytes: 300, Origin: "software", Other: true}
	return &Summary{
		Schema: SummarySchema, Host: "gateway-eu-west-1.example.net", Kernel: "6.18.44-very-special-build", Source: "ebpf",
		From: noon, To: noon.Add(10 * time.Second), Seconds: 10,
		Filter: `reason == "NO_SOCKET" && interface in ["eth0", "eth1", "eth2", "eth3"] && bytes > 100`,
		Total:  Total{Packets: 156, Bytes: 63860, Lost: 153, Benign: 3, Fragments: 2},
		Missed: Missed{Events: 1, Packets: 2, Limited: 3, Unkeyed: 4},
		Drops:  []Drop{long(), noSocket(), ovs, trap, bare, other},
		Coverage: []Coverage{
			{What: "function names", Why: "resolve kernel addresses: permission denied: kernel addresses are hidden; run as root or with CAP_SYSLOG"},
		},
	}
}

func nothing() *Summary {
	return &Summary{
		Schema: SummarySchema, Host: "a", Kernel: "6.1.0", Source: "ebpf",
		From: noon, To: noon.Add(time.Second), Seconds: 1, Drops: []Drop{},
	}
}

func packet() *Packet {
	p := &Packet{Schema: PacketSchema, Time: noon.Add(123456789), Drop: noSocket(), Length: 28, CPU: 1, Data: []byte{0x45, 0}, Link: true}
	p.Drop.Packets, p.Drop.Buffers = 3, 1
	p.Sample = nil
	p.Flow = &Flow{Source: "10.0.0.1:4000", Destination: "10.0.0.2:9"}
	return p
}

func write(t *testing.T, f func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	zone := time.Local
	time.Local = time.UTC // lines show the reader's own time
	defer func() { time.Local = zone }()
	for name, f := range map[string]func(*bytes.Buffer) error{
		"text":         func(b *bytes.Buffer) error { return Text{Advice: true}.Summary(b, document()) },
		"text-short":   func(b *bytes.Buffer) error { return Text{}.Summary(b, document()) },
		"text-color":   func(b *bytes.Buffer) error { return Text{Color: true}.Summary(b, document()) },
		"text-nothing": func(b *bytes.Buffer) error { return Text{Advice: true}.Summary(b, nothing()) },
		"text-benign": func(b *bytes.Buffer) error {
			s := nothing()
			s.Total = Total{Packets: 3, Bytes: 3, Benign: 3}
			return Text{}.Summary(b, s)
		},
		"text-top": func(b *bytes.Buffer) error {
			s := document()
			s.Top(2)
			return Text{}.Summary(b, s)
		},
		"lines":     func(b *bytes.Buffer) error { return Text{}.Lines(b, document()) },
		"lines-cut": func(b *bytes.Buffer) error { return Text{Cut: true}.Lines(b, document()) },
		"lines-top": func(b *bytes.Buffer) error {
			s := document()
			s.Top(1)
			return Text{}.Lines(b, s)
		},
		"packet":       func(b *bytes.Buffer) error { return Text{}.Packet(b, packet()) },
		"packet-bare":  func(b *bytes.Buffer) error { return Text{}.Packet(b, &Packet{Time: noon}) },
		"packet-json":  func(b *bytes.Buffer) error { return packet().WriteLine(b) },
		"json":         func(b *bytes.Buffer) error { return document().WriteJSON(b) },
		"json-nothing": func(b *bytes.Buffer) error { return nothing().WriteJSON(b) },
	} {
		golden(t, name, write(t, f))
	}
}

// Lines fit 80 columns, but for a word that is longer, and no number or reason
// is lost for it.
func TestWidth(t *testing.T) {
	for name, text := range map[string][]byte{
		"text":  write(t, func(b *bytes.Buffer) error { return Text{Advice: true}.Summary(b, document()) }),
		"short": write(t, func(b *bytes.Buffer) error { return Text{}.Summary(b, document()) }),
		"cut":   write(t, func(b *bytes.Buffer) error { return Text{Cut: true}.Lines(b, document()) }),
	} {
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if !utf8.ValidString(line) {
				t.Errorf("%s: a character is cut: %q", name, line)
			}
			if utf8.RuneCountInString(line) > width && !longWord(line) {
				t.Errorf("%s: %d columns: %s", name, utf8.RuneCountInString(line), line)
			}
		}
		for _, want := range []string{"18446744073709551615", "100", "NO_SOCKET", "OVS_DROP_METER", "RX_DROP_U_UNPROTECTED"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %s", name, want)
			}
		}
	}
}

// longWord tells whether a line is too long because of a word that does not fit
// next to the indentation.
func longWord(line string) bool {
	words := strings.Fields(line)
	return len(words) > 0 && utf8.RuneCountInString(words[len(words)-1]) > width-20 && len(words) <= 3
}

func TestColor(t *testing.T) {
	for _, class := range []string{"loss", "policy", "peer", "proto", "benign", ""} {
		d := noSocket()
		d.Class = class
		s := nothing()
		s.Drops = []Drop{d}
		for _, color := range []bool{false, true} {
			text := Text{Color: color}
			all := string(write(t, func(b *bytes.Buffer) error { return text.Summary(b, s) })) +
				string(write(t, func(b *bytes.Buffer) error { return text.Lines(b, s) })) +
				string(write(t, func(b *bytes.Buffer) error { return text.Packet(b, &Packet{Drop: d}) }))
			if got, want := strings.Count(all, "\x1b["), 6; color && class != "" && got != want {
				t.Errorf("class %q: %d colours, want %d", class, got, want)
			}
			if (!color || class == "") && strings.Contains(all, "\x1b") {
				t.Errorf("class %q has a colour without Color", class)
			}
		}
	}
}

func TestTop(t *testing.T) {
	for n, rows := range map[int]int{-1: 6, 0: 6, 1: 1, 5: 5, 6: 6, 7: 6} {
		s := document()
		s.Top(n)
		if len(s.Drops) != rows || (s.More == nil) != (rows == 6) {
			t.Errorf("top %d: %d rows, more %+v", n, len(s.Drops), s.More)
		}
	}
	s := document()
	s.Top(3)
	s.Top(2) // adds to what is left out already
	if *s.More != (More{Rows: 4, Packets: 40 + 7 + 1 + 5}) {
		t.Errorf("more %+v", *s.More)
	}
}

func TestMissedText(t *testing.T) {
	if (Missed{}).Any() || (Missed{}).String() != "" {
		t.Error("something of nothing")
	}
	for _, m := range []Missed{{Events: 1234}, {Packets: 1234}, {Limited: 1234}, {Unkeyed: 1234}} {
		if !m.Any() || !strings.HasPrefix(m.String(), "1234 ") {
			t.Errorf("%+v: %q", m, m)
		}
	}
	if got := strings.Count(document().Missed.String(), ";"); got != 3 {
		t.Errorf("%d separators in %q", got, document().Missed)
	}
}

// TestShape holds the keys of the design document: a schema changes only by
// adding.
func TestShape(t *testing.T) {
	s := nothing()
	s.Drops = []Drop{noSocket()}
	s.Coverage = []Coverage{{What: "XDP_DROP in drivers", Why: "no event"}}
	raw := write(t, func(b *bytes.Buffer) error { return s.WriteJSON(b) })
	if !bytes.HasPrefix(raw, []byte("{\n  \"schema\": \"dropwatch.summary.v1\",\n  \"host\":")) {
		t.Errorf("schema is not first: %.60s", raw)
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	want := `{ "schema": "dropwatch.summary.v1", "host": "a", "kernel": "6.1.0", "source": "ebpf",
	  "from": "2026-01-02T12:00:00Z", "to": "2026-01-02T12:00:01Z", "seconds": 1,
	  "total": {"packets": 0, "bytes": 0, "lost": 0, "benign": 0},
	  "missed": {"events": 0},
	  "drops": [ { "packets": 100, "buffers": 100, "bytes": 2800,
	    "reason": "NO_SOCKET", "subsystem": "core", "class": "peer", "origin": "software",
	    "location": {"address": "0xffffffff81f0a4bc", "symbol": "__udp4_lib_rcv", "offset": 1212, "module": ""},
	    "netns": {"inode": 4026532200, "name": "b"}, "interface": {"index": 2, "name": "veth0"},
	    "protocol": "IPv4", "transport": "UDP", "process": {"pid": 812, "name": "dnsd"},
	    "cause": "c", "advice": "a", "first": "2026-01-02T12:00:00Z", "last": "2026-01-02T12:00:09Z",
	    "sample": {"source": "10.0.0.1:4000", "destination": "10.0.0.2:9", "length": 28} } ],
	  "coverage": [{"what": "XDP_DROP in drivers", "seen": false, "why": "no event"}] }`
	want = strings.Replace(want, `"cause": "c", "advice": "a"`, `"cause": "`+noSocket().Cause+`", "advice": "`+noSocket().Advice+`"`, 1)
	var example any
	if err := json.Unmarshal([]byte(want), &example); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What is not known is absent, but for the lists and sums that are always there.
func TestUnknownIsAbsent(t *testing.T) {
	s := nothing()
	if raw := write(t, func(b *bytes.Buffer) error { return s.WriteLine(b) }); !bytes.Contains(raw, []byte(`"drops":[]`)) {
		t.Errorf("drops of nothing: %s", raw)
	}
	s.Drops = []Drop{{Packets: 1, Buffers: 1, Bytes: 60, Origin: "software"}}
	raw := write(t, func(b *bytes.Buffer) error { return s.WriteLine(b) })
	if want := `"drops":[{"packets":1,"buffers":1,"bytes":60,"origin":"software"}]}`; !bytes.Contains(raw, []byte(want)) {
		t.Errorf("got %s, want %s in it", raw, want)
	}
	if bytes.Count(raw, []byte("\n")) != 1 {
		t.Errorf("not one line: %s", raw)
	}
	// text is not escaped for HTML
	s.Drops[0].Advice = "a < b && c"
	if raw := write(t, func(b *bytes.Buffer) error { return s.WriteJSON(b) }); !bytes.Contains(raw, []byte("a < b && c")) {
		t.Errorf("escaped: %s", raw)
	}
}
