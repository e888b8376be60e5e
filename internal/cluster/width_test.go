package cluster

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// crowd is many hosts with long names, long everything, and large numbers.
func crowd(n int) *View {
	var peers []*statedir.Peer
	for i := range n {
		name := fmt.Sprintf("a-host-with-a-name-that-does-not-end%03d.rack17.example.com", i)
		big := uint64(1) << 60
		r := &record.Report{
			Host: &record.Host{Name: name, Kernel: "6.18.44-cloud-amd64-with-a-long-local-version", Version: fmt.Sprintf("v1.%d.0-3-g0123456789", i%3), Role: "collector", Boot: fmt.Sprintf("boot%d", i/2)},
			Status: &record.Status{
				Uptime: &big, UserCount: &big, Load1: new(1234.5), Load5: new(1234.5), Load15: new(1234.5), MemoryTotal: &big, MemoryAvailable: &big, SwapTotal: &big, SwapAvailable: &big,
				FileSystems: []record.FileSystem{{Mount: "/var/lib/containers/" + strings.Repeat("0123456789abcdef", 6), Total: &big, Available: &big}},
				Interfaces:  []record.Interface{{Name: "veth0123456789ab", RxByteRate: new(1e15), TxByteRate: new(1e15), RxPacketRate: new(1e9), TxPacketRate: new(1e9), RxErrors: &big, TxErrors: &big, RxDrops: &big, TxDrops: &big}},
				Users:       []record.User{{Name: "a-user-with-a-name-that-does-not-end", Terminal: "pts/123", Origin: "another-host.with.a.long.name.example.com", Idle: &big, Since: new(int64(1767300000))}},
			},
			Drops: &record.Drops{Seconds: 60, Lost: big >> uint(i%50), Rows: []record.Row{
				{Packets: big >> uint(i%50), Reason: "A_REASON_WITH_A_NAME_THAT_IS_AS_LONG_AS_A_RECORD_CAN_HAVE_IT_XXX", Class: "policy"},
				{Packets: 5, Function: "a_function_with_a_name_that_is_as_long_as_a_record_can_have_it_and_then_some_more_xx", Class: "loss"},
			}},
		}
		peers = append(peers, &statedir.Peer{
			ID: identity.ID{byte(i + 1), byte(i >> 8)}, Name: name, Role: "collector", State: "alive", Address: "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535",
			First: now, Last: now.Add(-time.Duration(i%2) * time.Hour), Epoch: 1767300000, Sequence: 1 << 40, DownAfter: 1000, Report: r,
		})
	}
	return New(peers, now)
}

func TestTextsFit(t *testing.T) {
	for _, n := range []int{1, 2, 60} {
		v := crowd(n)
		for _, what := range append(Texts(), "values", "kinds") {
			var b bytes.Buffer
			var err error
			switch what {
			case "values":
				err = v.WriteValues(&b)
			case "kinds":
				err = WriteKinds(&b)
			default:
				err = Text(what, v, &b)
			}
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if len([]rune(line)) > width+1 {
					t.Errorf("%s of %d hosts: a line is too long:\n%s", what, n, line)
					break
				}
			}
			checkNothingIsLost(t, what, b.String())
		}
	}
}

// checkNothingIsLost puts lines of cells together again.
func checkNothingIsLost(t *testing.T, what, text string) {
	t.Helper()
	joined := strings.Join(strings.Fields(text), "")
	for _, number := range map[string][]string{
		"drops":   {"1152921504606846976", "policy"},
		"net":     {"909.5TiB", "1000000000", "2305843009213693952"},
		"mem":     {"1024.0PiB"},
		"disk":    {"1024.0PiB", "0%"},
		"members": {"1767300000/1099511627776", "65535"},
		"hosts":   {"cloud-amd64"},
	}[what] {
		if !strings.Contains(joined, number) {
			t.Errorf("%s does not have %s:\n%.2000s", what, number, text)
		}
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"", 8, ""}, {"short", 8, "short"}, {"two words", 8, "two|words"}, {"a.long.name.of.a.host", 10, "a.long.|name.of.a.|host"},
		{"abcdefghijkl", 5, "abcde|fghij|kl"}, {"a bcdefghijkl", 5, "a|bcdef|ghijk|l"}, {"äöüäöü", 3, "äöü|äöü"}, {"x   y", 2, "x|y"},
	} {
		got := fold(test.text, test.most)
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q to %d: %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a", "b", "c d e")
	f.Add(strings.Repeat("x", 20), "b", strings.Repeat("c ", 40))
	f.Add(strings.Repeat("x", 200), strings.Repeat("y z", 50), strings.Repeat("ü", 100))
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, cell := range []string{a, b, c} {
			if cell != strings.ToValidUTF8(cell, "?") || strings.ContainsFunc(cell, func(r rune) bool { return r < ' ' || r == 0x85 || r == 0x2028 }) {
				t.Skip("not clean")
			}
		}
		var out bytes.Buffer
		table := table{rows: [][]string{{a, b, c}, {c, a, b}}}
		if err := table.write(&out); err != nil {
			t.Fatal(err)
		}
		var want, got int
		for _, cell := range []string{a, b, c, c, a, b} {
			want += len(strings.ReplaceAll(cell, " ", ""))
		}
		for line := range strings.Lines(out.String()) {
			if len([]rune(line)) > width+1 {
				t.Errorf("%q is too long", line)
			}
			got += len(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), " ", ""))
		}
		if got != want {
			t.Errorf("%d bytes of %d", got, want)
		}
	})
}
