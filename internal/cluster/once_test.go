package cluster

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// teller is a host that tells of drops in the last minute.
func teller(n int, boot string, lost uint64, rows ...record.Row) *statedir.Peer {
	return &statedir.Peer{
		ID: identity.ID{1, byte(n), byte(n >> 8)}, Name: fmt.Sprintf("h%d", n), Last: now,
		Report: &record.Report{
			Host:  &record.Host{Name: fmt.Sprintf("h%d", n), Boot: boot, Interval: 10},
			Drops: &record.Drops{Seconds: 60, Packets: lost, Lost: lost, Missed: new(uint64(n)), Rows: rows, Classes: classSums(rows)},
		},
	}
}

func classSums(rows []record.Row) (list []record.Class) {
	for _, r := range rows {
		list = append(list, record.Class{Class: r.Class, Packets: r.Packets})
	}
	return list
}

// toward is a row of a flow.
func toward(packets uint64, reason, class, source, destination string) record.Row {
	r := record.Row{Packets: packets, Reason: reason, Class: class, Transport: "TCP"}
	for text, end := range map[string]*record.Endpoint{source: &r.Source, destination: &r.Destination} {
		if e, err := netip.ParseAddrPort(text); err == nil {
			*end = record.Endpoint{Addr: e.Addr(), Port: e.Port()}
		}
	}
	return r
}

// A sum is a report in short.
type sum struct {
	Lost, Missed, Unlisted, Twice uint64
	Causes                        []string
}

func shortly(r *DropReport) sum {
	s := sum{Lost: r.Lost, Missed: r.Missed, Unlisted: r.Unlisted, Twice: r.Twice}
	for _, c := range r.Causes {
		text := fmt.Sprintf("%d %s %s", c.Packets, c.Class, c.Reason)
		for _, h := range c.ByHost {
			text += fmt.Sprintf(" %s %d", h.Host, h.Packets)
		}
		for _, p := range c.Also {
			text += fmt.Sprintf("; %d %s and %s %s", p.Packets, p.Host, p.Other, p.Reason)
		}
		s.Causes = append(s.Causes, text)
	}
	return s
}

func TestDropsOfOneKernelCountOnce(t *testing.T) {
	in := func(packets uint64, netns string) record.Row {
		return record.Row{Packets: packets, Reason: "NO_SOCKET", Class: "peer", NetNS: netns}
	}
	for name, test := range map[string]struct {
		peers []*statedir.Peer
		want  sum
	}{
		"all see all": {
			[]*statedir.Peer{teller(1, "k", 30, in(10, "a"), in(20, "b")), teller(2, "k", 29, in(10, "a"), in(19, "b")), teller(3, "k", 31, in(11, "a"), in(20, "b"))},
			sum{Lost: 31, Missed: 3, Causes: []string{"31 peer NO_SOCKET h1 20 h3 11"}},
		},
		"each watches its own": {
			[]*statedir.Peer{teller(1, "k", 10, in(10, "a")), teller(2, "k", 20, in(20, "b"))},
			sum{Lost: 30, Missed: 2, Causes: []string{"30 peer NO_SOCKET h2 20 h1 10"}},
		},
		"rows without room": {
			[]*statedir.Peer{teller(1, "k", 15, in(10, "a")), teller(2, "k", 20, in(10, "a")), teller(3, "k", 10, in(10, "a"))},
			sum{Lost: 20, Missed: 3, Unlisted: 10, Causes: []string{"10 peer NO_SOCKET h1 10"}},
		},
		"benign drops are not lost": {
			[]*statedir.Peer{teller(1, "k", 0, record.Row{Packets: 7, Reason: "OK", Class: "benign"}), teller(2, "k", 0, record.Row{Packets: 9, Reason: "OK", Class: "benign"})},
			sum{Missed: 2, Causes: []string{"9 benign OK h2 9"}},
		},
		"two kernels, and two that do not tell": {
			[]*statedir.Peer{teller(1, "k", 1, in(1, "a")), teller(2, "l", 2, in(2, "a")), teller(3, "", 4, in(4, "a")), teller(4, "", 8, in(8, "a"))},
			sum{Lost: 15, Missed: 10, Causes: []string{"15 peer NO_SOCKET h4 8 h3 4 h2 2 h1 1"}},
		},
		"rows that differ in what is no key": {
			[]*statedir.Peer{
				teller(1, "k", 6, record.Row{Packets: 2, Reason: "X", Culprit: "a"}, record.Row{Packets: 4, Reason: "X", Culprit: "b"}),
				teller(2, "k", 5, record.Row{Packets: 5, Reason: "X"}),
			},
			sum{Lost: 6, Missed: 2, Causes: []string{"6  X h1 6"}},
		},
		"numbers that nobody can have": {
			[]*statedir.Peer{teller(1, "k", math.MaxUint64, in(math.MaxUint64, "a"), in(5, "b")), teller(2, "l", 5, in(5, "a"))},
			sum{Lost: math.MaxUint64, Missed: 3, Causes: []string{fmt.Sprintf("%d peer NO_SOCKET h1 %d h2 5", uint64(math.MaxUint64), uint64(math.MaxUint64))}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(test.peers, now).Drops()
			if diff := cmp.Diff(test.want, shortly(r)); diff != "" {
				t.Error(diff)
			}
			checkSums(t, r)
		})
	}
}

// checkSums: all sums of a report are of the same packets.
func checkSums(t *testing.T, r *DropReport) {
	t.Helper()
	var hosts, causes, classes, all uint64
	for _, h := range r.ByHost {
		hosts = plus(hosts, h.Lost)
	}
	for _, c := range r.Causes {
		all = plus(all, c.Packets)
		if c.Class != "benign" {
			causes = plus(causes, c.Packets)
		}
	}
	for _, c := range r.Classes {
		classes = plus(classes, c.Packets)
	}
	if hosts != r.Lost || plus(causes, r.Unlisted) != r.Lost || classes != all {
		t.Errorf("lost %d, of hosts %d, of reasons %d and %d; classes %d of %d", r.Lost, hosts, causes, r.Unlisted, classes, all)
	}
}

func TestDropsSeenFromBothEnds(t *testing.T) {
	const x, y, z = "10.0.0.1:4000", "10.0.0.2:80", "10.0.0.2:81"
	for name, test := range map[string]struct {
		peers []*statedir.Peer
		want  sum
	}{
		"a refuses, b drops the answer": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "NO_SOCKET", "peer", x, y)), teller(2, "l", 7, toward(7, "TCP_RESET", "proto", y, x))},
			sum{Lost: 10, Missed: 3, Twice: 7, Causes: []string{"10 peer NO_SOCKET h1 10; 7 h1 and h2 TCP_RESET"}},
		},
		"the serious one counts, though it is smaller": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "NO_SOCKET", "peer", x, y)), teller(2, "l", 4, toward(4, "FULL", "loss", y, x))},
			sum{Lost: 10, Missed: 3, Twice: 4, Causes: []string{"6 peer NO_SOCKET h1 6", "4 loss FULL h2 4; 4 h2 and h1 NO_SOCKET"}},
		},
		"alike in class: the larger counts": {
			[]*statedir.Peer{teller(1, "k", 3, toward(3, "A", "peer", x, y)), teller(2, "l", 5, toward(5, "B", "peer", y, x))},
			sum{Lost: 5, Missed: 3, Twice: 3, Causes: []string{"5 peer B h2 5; 3 h2 and h1 A"}},
		},
		"the same direction": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "A", "loss", x, y)), teller(2, "l", 7, toward(7, "B", "peer", x, y))},
			sum{Lost: 17, Missed: 3, Causes: []string{"10 loss A h1 10", "7 peer B h2 7"}},
		},
		"another port, no port, this host": {
			[]*statedir.Peer{
				teller(1, "k", 9, toward(1, "A", "peer", x, y), toward(2, "B", "peer", "10.0.0.1:0", y), toward(6, "C", "peer", "127.0.0.1:1", "127.0.0.1:2")),
				teller(2, "l", 7, toward(1, "D", "proto", z, x), toward(2, "E", "proto", y, "10.0.0.1:0"), toward(4, "F", "proto", "127.0.0.1:2", "127.0.0.1:1")),
			},
			sum{Lost: 16, Missed: 3, Causes: []string{"6 peer C h1 6", "4 proto F h2 4", "2 peer B h1 2", "2 proto E h2 2", "1 peer A h1 1", "1 proto D h2 1"}},
		},
		"one kernel": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "A", "peer", x, y)), teller(2, "k", 7, toward(7, "B", "proto", y, x))},
			sum{Lost: 17, Missed: 2, Causes: []string{"10 peer A h1 10", "7 proto B h2 7"}},
		},
		"a packet has one other end": {
			[]*statedir.Peer{
				teller(1, "k", 10, toward(10, "A", "peer", x, y)), teller(2, "l", 7, toward(7, "B", "proto", y, x)), teller(3, "m", 7, toward(7, "B", "proto", y, x)),
			},
			sum{Lost: 14, Missed: 6, Twice: 10, Causes: []string{"10 peer A h1 10; 7 h1 and h2 B; 3 h1 and h3 B", "4 proto B h3 4"}},
		},
		"benign answers": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "A", "peer", x, y)), teller(2, "l", 0, toward(10, "B", "benign", y, x))},
			sum{Lost: 10, Missed: 3, Twice: 10, Causes: []string{"10 peer A h1 10; 10 h1 and h2 B"}},
		},
		"mapped addresses": {
			[]*statedir.Peer{teller(1, "k", 10, toward(10, "A", "peer", "[::ffff:10.0.0.1]:4000", "[::ffff:10.0.0.2]:80")), teller(2, "l", 7, toward(7, "B", "proto", y, x))},
			sum{Lost: 10, Missed: 3, Twice: 7, Causes: []string{"10 peer A h1 10; 7 h1 and h2 B"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 { // maps have no order
				r := New(test.peers, now).Drops()
				if diff := cmp.Diff(test.want, shortly(r)); diff != "" {
					t.Fatal(diff)
				}
				checkSums(t, r)
			}
		})
	}
}

func TestBothEndsInText(t *testing.T) {
	var b bytes.Buffer
	r := New([]*statedir.Peer{
		teller(1, "k", 10, toward(10, "NO_SOCKET", "peer", "10.0.0.1:4000", "10.0.0.2:80")),
		teller(2, "l", 7, toward(7, "TCP_RESET", "proto", "10.0.0.2:80", "10.0.0.1:4000")),
		teller(3, "k", 12, toward(10, "NO_SOCKET", "peer", "10.0.0.1:4000", "10.0.0.2:80")),
	}, now).Drops()
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `12 packets lost on 3 hosts lately (in the drops.window of each)
missed: 5 drops that no host could count
7 packets seen from both ends, counted once

by reason:
        10  peer  NO_SOCKET  h1 10
                             7 seen from both ends: h1 and h2 (TCP_RESET)
         2        (others)   reasons that found no room in the records

hosts that lose most:
     0.200/s          12  NO_SOCKET  h3 (one kernel with h1)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestOutliers(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   string
	}{
		{nil, ""}, {[]float64{100}, "-"}, {[]float64{0, 100}, "--"}, {[]float64{0, 100, 0}, "-o-"},
		{[]float64{1, 9, 1, 1}, "----"}, {[]float64{1, 10, 1, 1}, "-o--"}, {[]float64{0, 0, 0, 0}, "----"},
		{[]float64{1, 1, 1, 1, 50, 90}, "----oo"}, {[]float64{5, 5, 6, 40, 49}, "-----"},
	} {
		got := ""
		for _, is := range outliers(test.values) {
			got += map[bool]string{true: "o", false: "-"}[is]
		}
		if got != test.want {
			t.Errorf("%v: %q, want %q", test.values, got, test.want)
		}
	}
	var peers []*statedir.Peer
	for i := range 30 {
		peers = append(peers, teller(i, "", uint64(i%3), record.Row{Packets: uint64(i % 3), Reason: "X"}))
	}
	peers[17] = teller(17, "", 600, record.Row{Packets: 600, Reason: "FULL"})
	peers[20].Report.Drops.Lost, peers[20].Report.Drops.Rows[0].Packets = 9, 9
	r := New(peers, now).Drops()
	if len(r.ByHost) != 30 || r.ByHost[0].Host != "h17" || !r.ByHost[0].Outlier || r.ByHost[0].Reason != "FULL" || r.ByHost[1].Outlier {
		t.Errorf("%+v", r.ByHost[:2])
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\noutliers, whose loss is at least 10 times the median of the others:\n      10.0/s         600  FULL  h17\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, &b)
	}
}
