package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTold(t *testing.T) {
	for _, test := range []struct {
		name string
		line func(*tally, []byte)
		text string
		want tally
	}{
		{"packets of the C program", classicLine, `Kernel monitoring activated.
Issue Ctrl-C to stop monitoring
drop at: nf_hook_slow+0x9a2/0xc30 (0xffffffff81884b72)
origin: software
input port ifindex: 1
timestamp: Sat Nov 21 22:44:20 2026 227011550 nsec
protocol: 0x800
length: 120
original length: 120
drop reason: NETFILTER_DROP

drop at: nf_hook_slow+0x9a2/0xc30 (0xffffffff81884b72)
length: 100
original length: 121
missed: 17 drops seen by nobody (they are in no number here); 4 packets not delivered, we read too slowly (set a longer --queue)
original length: 12`, tally{packets: map[int]int{120: 1, 121: 1}, places: map[string]int{}, missed: 21}},
		{"summaries of the C program", classicLine, `3 drops at __udp4_lib_rcv+9a2 (0xffffffff81884b72) [software]
40 drops at nf_hook_slow+9a2 (0xffffffff81884000) [software] NETFILTER_DROP policy
2 drops at nf_hook_slow+9a2 (0xffffffff81884000) [software]
missed: more drops than the source can count: all numbers are at least
`, tally{
			packets: map[int]int{}, missed: 0, atLeast: true,
			places: map[string]int{"__udp4_lib_rcv+9a2 (0xffffffff81884b72)": 3, "nf_hook_slow+9a2 (0xffffffff81884000)": 42},
		}},
		{"JSON", jsonLine, `{"schema":"dropwatch.packet.v1","time":"2026-11-21T22:44:20Z","packets":1,"flow":{"source":"127.0.0.1:1"},"length":106,"cpu":0,"link":true}
{"schema":"dropwatch.packet.v1","time":"2026-11-21T22:44:20Z","packets":1,"length":1
{"schema":"dropwatch.summary.v1","missed":{"events":2,"packets":3},"drops":[{"packets":9,"location":{"address":"0x1"}},{"packets":4}]}
{"schema":"dropwatch.summary.v1","drops":[{"packets":9,
missed: 5 drops seen by nobody (they are in no number here)
`, tally{packets: map[int]int{120: 1}, places: map[string]int{"0x1": 9}, missed: 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := tally{packets: map[int]int{}, places: map[string]int{}}
			out, err := newTranscript()
			if err != nil {
				t.Fatal(err)
			}
			defer out.close()
			// in two pieces, so that a line is cut in the middle
			for _, piece := range []string{test.text[:len(test.text)/2], strings.ReplaceAll(test.text[len(test.text)/2:], "\n", "\r\n")} {
				if _, err := out.file.WriteString(piece); err != nil {
					t.Fatal(err)
				}
				if err := out.lines(func(line []byte) { test.line(&got, line) }); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(tally{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCounted(t *testing.T) {
	for want, places := range map[int]map[string]int{0: nil, 7: {"a": 7, "b": 3}} {
		if got := (&tally{places: places}).counted(); got != want {
			t.Errorf("%v: got %d", places, got)
		}
	}
}

// sustains makes a volley as a watcher would that can do most packets a second,
// from a sender that can do limit.
func sustains(most, limit float64) func(float64) (volley, error) {
	return func(next float64) (volley, error) {
		v := volley{sent: 10000}
		v.delivered = v.sent
		pace := min(next, limit)
		if pace > most {
			v.delivered--
		}
		v.took = time.Duration(float64(v.sent) / pace * float64(time.Second))
		return v, nil
	}
}

func TestSearch(t *testing.T) {
	kept := func(v volley) bool { return v.kept(false) }
	for _, test := range []struct {
		name        string
		most, limit float64
		low, high   float64
		limited     bool
	}{
		{"the watcher is the limit", 3000, 1e6, 2700, 3000, false},
		{"the sender is the limit", 3000, 1800, 1799, 1801, true},
		{"nothing works", 100, 1e6, 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := search(250, 3, sustains(test.most, test.limit), kept)
			if err != nil {
				t.Fatal(err)
			}
			if p.most < test.low || p.most > test.high || p.limited != test.limited {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// A watcher that fails now and then is tried again.
func TestSearchForgives(t *testing.T) {
	sane, n := sustains(3000, 1e6), 0
	p, err := search(250, 3, func(next float64) (volley, error) {
		v, err := sane(next)
		if n++; n%tries != 0 {
			v.lag = time.Minute
		}
		return v, err
	}, func(v volley) bool { return v.kept(false) })
	if err != nil || p.most < 2700 {
		t.Errorf("got %+v, %v", p, err)
	}
	broken := errors.New("broken")
	if _, err := search(250, 3, func(float64) (volley, error) { return volley{}, broken }, nil); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestPrintDeliveries(t *testing.T) {
	burst := func(n int) []volley {
		return []volley{{sent: 20000, delivered: n, took: 4 * time.Second, lag: time.Second}}
	}
	list := []delivery{
		{watcher{name: nameTheirs}, burst(6390), []pace{{most: 700}}},
		{watcher{name: "only a burst", only: true}, burst(500), nil},
		{watcher{name: nameOurs, counts: true}, burst(20000), []pace{{most: 2100}}},
		{watcher{name: nameOursJSON, counts: true}, burst(19999), []pace{{most: 2000, limited: true}}},
		{watcher{name: nameTheirs, summary: true}, burst(20000), []pace{{most: 9000, limited: true}}},
	}
	var out bytes.Buffer
	if err := printDeliveries(&out, options{burst: 20000, step: 3 * time.Second, passes: 1}, list); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  C program                         6390           6390    6390   -                5000           1.0 s\n",
		"  dropwatch watch --packets --json  2000  2000    2000  the sender could do no more in 1 of 1\n",
		"  dropwatch, the same shell         20000 of 20000: met     3.00 times: met\n",
		"  dropwatch watch --packets --json  19999 of 20000: missed  2.86 times: missed\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q in:\n%s", want, out.String())
		}
	}
}
