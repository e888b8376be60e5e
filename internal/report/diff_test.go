package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// beforeAfter are two summaries of different length: one row fell, one rose,
// one came and one is gone.
func beforeAfter() (before, after *Summary) {
	row := func(reason, function, netns string, packets uint64, pid int) Drop {
		return Drop{
			Packets: packets, Reason: reason, Subsystem: "core", Class: "loss", Origin: "software",
			Location: &Location{Address: "0xffffffff81000000", Symbol: function}, NetNS: &NetNS{Inode: uint32(pid), Name: netns},
			Interface: &Interface{Index: uint32(pid), Name: "eth0"}, Protocol: "IPv4", Transport: "UDP", Process: &Process{PID: pid, Name: "p"},
		}
	}
	summary := func(seconds float64, drops []Drop, counters []Counter) *Summary {
		s := &Summary{
			Schema: SummarySchema, Host: "h", Kernel: "6.18.44", Source: "ebpf", From: noon,
			To: noon.Add(time.Duration(seconds * 1e9)), Seconds: seconds, Drops: drops, Counters: counters,
		}
		for _, d := range drops {
			s.Total.Packets += d.Packets
			s.Total.Lost += d.Packets
		}
		return s
	}
	a := &NetNS{Inode: 1, Name: "a"}
	before = summary(10, []Drop{
		row("NO_SOCKET", "__udp4_lib_rcv", "a", 100, 1), // 10/s in two rows of different processes
		row("NO_SOCKET", "__udp4_lib_rcv", "a", 50, 2),
		row("SOCKET_RCVBUFF", "udp_queue_rcv_one_skb", "a", 10, 1),
		row("NETFILTER_DROP", "nft_do_chain", "b", 20, 1),
	}, []Counter{
		{Name: "Udp.NoPorts", NetNS: a, Delta: 150, Loss: true}, {Name: "Icmp.OutMsgs", NetNS: a, Delta: 3},
		{Name: "tc.dropped", Object: "qdisc htb 1: root", Delta: 4, Loss: true, Parent: true},
	})
	after = summary(5, []Drop{
		row("SOCKET_RCVBUFF", "udp_queue_rcv_one_skb", "a", 200, 9),
		row("NO_SOCKET", "__udp4_lib_rcv", "a", 25, 9),
		row("PKT_TOO_BIG", "ip_forward", "a", 5, 9),
	}, []Counter{{Name: "Udp.NoPorts", NetNS: a, Delta: 25, Loss: true}, {Name: "Udp.RcvbufErrors", NetNS: a, Delta: 200, Loss: true}})
	return before, after
}

func TestGoldenDiff(t *testing.T) {
	before, after := beforeAfter()
	d := Compare(before, after)
	var text, document bytes.Buffer
	if err := (Text{}).Diff(&text, d, 3); err != nil {
		t.Fatal(err)
	}
	fits(t, text.Bytes())
	golden(t, "diff", text.Bytes())
	if err := d.WriteJSON(&document); err != nil {
		t.Fatal(err)
	}
	golden(t, "diff-json", document.Bytes())
	if reason, rise := d.Increase(); reason != "SOCKET_RCVBUFF" || rise != 39 {
		t.Errorf("%s rose most, by %v; want SOCKET_RCVBUFF by 39", reason, rise)
	}
}

func TestCompareWithItself(t *testing.T) {
	before, _ := beforeAfter()
	d := Compare(before, before)
	for _, r := range d.Drops {
		if r.Change.Change != 0 || r.State != "" {
			t.Errorf("%s changed: %+v", r.Reason, r.Change)
		}
	}
	if reason, rise := d.Increase(); reason != "" || rise != 0 || len(d.Notes) != 0 {
		t.Errorf("%q rose by %v, notes %q", reason, rise, d.Notes)
	}
}

func TestCompareNotes(t *testing.T) {
	before, after := beforeAfter()
	after.Source, after.Filter, after.By = "netdm", "pid == 3", "reason"
	after.Missed.AtLeast = true
	before.More = &More{Rows: 1}
	want := []string{
		`the source differs: "ebpf" before, "netdm" after`, `the filter differs: "" before, "pid == 3" after`,
		`the grouping differs: "" before, "reason" after`,
		"rows were left out of a summary, so that some may seem to have come or gone",
		"drops were missed, so that all numbers are at least",
	}
	if diff := cmp.Diff(want, Compare(before, after).Notes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadSummary(t *testing.T) {
	before, _ := beforeAfter()
	var document bytes.Buffer
	if err := before.WriteJSON(&document); err != nil {
		t.Fatal(err)
	}
	read, err := ReadSummary(bytes.NewReader(document.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, read); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	whole := document.String()
	for text, want := range map[string]string{
		"":                                     "the file is empty",
		"\n":                                   "the file is empty",
		"x":                                    "no JSON document of dropwatch",
		"[1]":                                  "no JSON document of dropwatch",
		"\xd4\xc3\xb2\xa1":                     "no JSON document of dropwatch",
		"{}":                                   `schema "", want "dropwatch.summary.v1"`,
		`{"schema":"dropwatch.counters.v1"}`:   `schema "dropwatch.counters.v1", want "dropwatch.summary.v1"`,
		`{"schema":"dropwatch.summary.v1"}`:    "it lasted 0 s",
		whole[:len(whole)/2]:                   "the file ends early",
		whole + whole:                          "there is more behind the document",
		strings.Replace(whole, "150", "-1", 1): "cannot unmarshal",
	} {
		if _, err := ReadSummary(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadSummary(blanks{}); err == nil || !strings.Contains(err.Error(), "more than 128 MiB") {
		t.Errorf("a file without end: %v", err)
	}
}

// blanks never end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// What a file says is printed without what could control a terminal.
func FuzzReadSummary(f *testing.F) {
	before, after := beforeAfter()
	var document bytes.Buffer
	if err := before.WriteLine(&document); err != nil {
		f.Fatal(err)
	}
	f.Add(document.Bytes())
	f.Add([]byte(`{"schema":"dropwatch.summary.v1","seconds":1e-3,"total":{"lost":18446744073709551615},"drops":[{"packets":18446744073709551615,"reason":"\u001b[31m"}]}`))
	f.Add([]byte(`{"schema":"dropwatch.summary.v1","seconds":1,"drops":[{"trap":{}, "other":true}],"counters":[{"loss":true,"netns":{}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadSummary(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, d := range []*Diff{Compare(s, after), Compare(before, s), Compare(s, s)} {
			var text bytes.Buffer
			if err := (Text{}).Diff(&text, d, 0); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(text.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
				t.Errorf("prints a control character: %q", text.String()[i:])
			}
			if err := d.WriteJSON(&text); err != nil {
				t.Fatal(err)
			}
		}
		if d := Compare(s, s); d.Lost.Change != 0 {
			t.Errorf("differs from itself: %+v", fmt.Sprint(d.Lost))
		}
	})
}
