package procfile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBadText holds that what is wrong is told with its line, and that what is
// right beside it is not lost.
func TestBadText(t *testing.T) {
	softnet := "00000001 00000000 00000000 0 0 0 0 0 0 0 0 00000000 "
	for _, test := range []struct {
		name, source, text string
		line               int
		left               []string // names that are read nonetheless
	}{
		{"fewer values than names", "snmp", "Ip: A B\nIp: 1\nTcp: C\nTcp: 2\n", 2, []string{"Tcp.C"}},
		{"more values than names", "snmp", "Ip: A\nIp: 1 2\nTcp: C\nTcp: 2\n", 2, []string{"Tcp.C"}},
		{"names without values", "netstat", "Ip: A\nTcp: C\nTcp: 2\n", 2, []string{"Tcp.C"}},
		{"names at the end", "netstat", "Tcp: C\nTcp: 2\nIp: A\n", 3, []string{"Tcp.C"}},
		{"a value that is a word", "snmp", "Ip: A B\nIp: 1 x\n", 2, nil},
		{"a value beyond 64 bits", "snmp", "Ip: A\nIp: 18446744073709551616\n", 2, nil},
		{"far below zero", "snmp", "Ip: A\nIp: -9223372036854775809\n", 2, nil},
		{"a name for the terminal", "snmp", "Ip: \x1b[2J\nIp: 1\n", 2, nil},
		{"no colon", "snmp", "Ip A\nIp 1\nTcp: C\nTcp: 2\n", 2, []string{"Tcp.C"}},
		{"cut inside a number", "snmp", "Ip: A\nIp: 1\nTcp: C\nTcp: 20", 4, []string{"Ip.A"}},
		{"cut inside a number", "snmp6", "A 1\nB 20", 2, []string{"A"}},
		{"no number", "snmp6", "A\nB 2\n", 1, []string{"B"}},
		{"too much", "snmp6", "A 1 1\nB 2\n", 1, []string{"B"}},
		{"below zero", "xfrm_stat", "A -1\nB 2\n", 1, []string{"xfrm_stat.B"}},
		{"two columns", "softnet", "00000000 00000000\n", 1, nil},
		{"a shorter row", "softnet", softnet + "0\n0 0 0\n", 2, []string{"softnet.processed", "softnet.dropped",
			"softnet.time_squeeze", "softnet.received_rps", "softnet.flow_limit", "softnet.backlog_len"}},
		{"CPUs in no order", "softnet", softnet + "2\n" + softnet + "2\n", 2, []string{"softnet.processed", "softnet.dropped",
			"softnet.time_squeeze", "softnet.received_rps", "softnet.flow_limit", "softnet.backlog_len"}},
		{"a CPU beyond all", "softnet", softnet + "ffffffff\n", 1, nil},
		{"no hexadecimal", "softnet", "0 0 0 0x1\n", 1, nil},
		{"no pair", "sockstat", "TCP: inuse\nUDP: mem 1\n", 1, []string{"sockstat.UDP.mem"}},
		{"no protocol", "sockstat6", "inuse 3\nUDP6: inuse 1\n", 1, []string{"sockstat.UDP6.inuse"}},
		{"a column is gone", "protocols", "protocol size sockets memory\nTCP 1 2 3\n", 1, nil},
		{"a short row", "protocols", "protocol sockets memory press\nTCP 1 2\nUDP 1 -1 NI\n", 2, []string{"protocols.sockets"}},
		{"no rows", "arp_cache", "entries a\n", 1, nil},
		{"nothing", "arp_cache", "", 1, nil},
		{"nothing", "snmp", "", 1, nil},
		{"nothing but the beginning of a line", "protocols", "protocol sockets", 1, nil},
		{"one bad row spoils the sum", "arp_cache", "entries a\n1 2\n1\n", 3, nil},
		{"a row with more values", "rt_cache", "entries a\n1 2 3\n", 2, nil},
		{"a row that is cut off", "rt_cache", "entries a\n1 2\n1 2", 3, nil},
		{"a short queue", "nfnetlink_queue", "1 2 3\n4 5 6 7 8 9 10 11 1\n", 1, []string{"nfnetlink_queue.queue_total",
			"nfnetlink_queue.queue_dropped", "nfnetlink_queue.user_dropped", "nfnetlink_queue.id_sequence"}},
	} {
		t.Run(test.source+" "+test.name, func(t *testing.T) {
			values, err := parse(t, test.source, test.text)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line != test.line {
				t.Errorf("error %v, want one about line %d", err, test.line)
			}
			var left []string
			for _, v := range values {
				left = append(left, v.Name)
			}
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestTruncated cuts real files off at each byte. No number may come out that
// is not in the whole file. Tables that are summed are the exception: rows that
// are wholly gone cannot be missed.
func TestTruncated(t *testing.T) {
	for _, file := range Files() {
		if strings.HasPrefix(file.Path, "stat/") {
			continue
		}
		text := fixture(t, "6.18", file)
		p := NewParser(file)
		whole, err := p.Parse(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		known := make(map[Value]bool)
		for _, v := range whole {
			known[v] = true
		}
		var values []Value
		for n := range text {
			values, _ = p.Parse(values[:0], text[:n])
			for _, v := range values {
				if !known[v] {
					t.Fatalf("%s cut at byte %d: %+v", file.Path, n, v)
				}
			}
		}
	}
}

func TestHugeText(t *testing.T) {
	var text bytes.Buffer
	for i := range 2 * maxNames {
		text.WriteString("Name")
		for n := i; n > 0; n /= 10 {
			text.WriteByte(byte('0' + n%10))
		}
		text.WriteString(" 1\n")
	}
	values, err := parse(t, "snmp6", text.String())
	if err == nil || len(values) > 2*maxNames {
		t.Errorf("%d values, error %v", len(values), err)
	}
	if _, err := parse(t, "rt_cache", strings.Repeat("a ", maxColumns+1)+"\n"); err == nil {
		t.Error("a table with too many columns was read")
	}
	if _, err := parse(t, "snmp6", strings.Repeat("a", 1<<20)+" 1\n"); err == nil {
		t.Error("a name of a megabyte was read")
	}
}

func TestSameFileAgainMakesNoGarbage(t *testing.T) {
	for _, file := range Files() {
		text := fixture(t, "6.18", file)
		if file.Source == "nfnetlink_queue" {
			text = []byte("    3    812     5 2 65535     6     7       99  1\n")
		}
		p := NewParser(file)
		values, err := p.Parse(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		first := slices.Clone(values)
		if n := testing.AllocsPerRun(10, func() { values, _ = p.Parse(values[:0], text) }); n > 0 {
			t.Errorf("%s: %v allocations", file.Path, n)
		}
		if diff := cmp.Diff(first, values); diff != "" {
			t.Errorf("%s (-first time +again)\n%s", file.Path, diff)
		}
	}
}
