package explain

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLookupSpellings holds that several spellings find the same.
func TestLookupSpellings(t *testing.T) {
	tests := [][]string{
		{"NO_SOCKET", "no_socket", "SKB_DROP_REASON_NO_SOCKET", " skb_drop_reason_no_socket "},
		{"Udp.InErrors", "UdpInErrors", "Udp: InErrors", "udp.inerrors", "UDPINERRORS"},
		{"TcpExt.ListenDrops", "TcpExtListenDrops", "ListenDrops", "TcpExt: ListenDrops"},
		{"Udp6NoPorts", "udp6.noports", "Udp6: NoPorts"},
		{"link.rx_dropped", "rx_dropped", "link rx_dropped"},
		{"__udp4_lib_rcv", "__udp4_lib_rcv+0x4bc/0x9a0", "__udp4_lib_rcv.constprop.0", "__UDP4_lib_rcv()"},
		{"OVS_DROP_METER", "METER", "ovs_drop_meter"},
		{"RX_DROP_U_DUP", "___RX_DROP_U_DUP"},
		{"FLOOD_PROTECTION", "qdisc_drop_flood_protection"},
	}
	b := load(t)
	for _, spellings := range tests {
		want := b.Lookup(spellings[0])
		if len(want) == 0 {
			t.Errorf("nothing about %q", spellings[0])
		}
		for _, s := range spellings[1:] {
			if diff := cmp.Diff(want, b.Lookup(s)); diff != "" {
				t.Errorf("%q differs from %q:\n%s", s, spellings[0], diff)
			}
		}
	}
}

func TestLookupKinds(t *testing.T) {
	tests := []struct {
		term string
		kind string // of the first entry
		min  int
	}{
		{"NO_SOCKET", KindReason, 8},
		{"NOT_SPECIFIED", KindReason, 2},
		{"skb_release_data", KindHint, 1},
		{"ip_error", KindHint, 4},
		{"Udp.InErrors", KindCounter, 6},
		{"socket.drops", KindCounter, 3},
		{"TCPReqQFullDrop", KindCounter, 2},
		{"fid_miss", KindTrap, 1},
		{"gso", KindPitfall, 1},
		{"pitfalls", KindPitfall, 6},
	}
	b := load(t)
	for _, tt := range tests {
		entries := b.Lookup(tt.term)
		if len(entries) < tt.min || entries[0].Kind != tt.kind {
			t.Errorf("%s: %d entries, want %d or more of kind %s first", tt.term, len(entries), tt.min, tt.kind)
		}
	}
	for _, term := range []string{"", " ", ".", "no such thing", "SKB_DROP_REASON_"} {
		if entries := b.Lookup(term); entries != nil {
			t.Errorf("%q: %d entries, want none", term, len(entries))
		}
	}
}

func TestNames(t *testing.T) {
	b := load(t)
	names := b.Names()
	if !slices.IsSorted(names) {
		t.Error("not sorted")
	}
	for _, name := range names {
		if b.Lookup(name) == nil {
			t.Errorf("nothing about %q", name)
		}
	}
	for _, want := range []string{"NO_SOCKET", "tcp_v4_rcv", "Udp.InErrors", "gso"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestSuggest(t *testing.T) {
	tests := []struct{ term, want string }{
		{"NO_SOKET", "NO_SOCKET"},
		{"netfilter", "NETFILTER_DROP"},
		{"UdpInError", "Udp.InErrors"},
		{"tcp_v4_recv", "tcp_v4_rcv"},
		{"SKB_DROP_REASON_QDISC_DORP", "QDISC_DROP"},
	}
	b := load(t)
	for _, tt := range tests {
		got := b.Suggest(tt.term)
		if !slices.Contains(got, tt.want) || len(got) > maxSuggestions {
			t.Errorf("%q: %q, want %s among them", tt.term, got, tt.want)
		}
	}
	for _, term := range []string{"", "q", "completely different words", strings.Repeat("x", 1000)} {
		if got := b.Suggest(term); got != nil {
			t.Errorf("%q: %q, want nothing", term, got)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"same", "same", 0}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestWriteText compares with testdata/TERM.txt; -update writes it anew.
func TestWriteText(t *testing.T) {
	b := load(t)
	for _, term := range []string{"NO_SOCKET", "Udp.InErrors", "ip_error", "skb_release_data", "ListenDrops", "OVS_DROP_METER", "fid_miss", "pitfalls"} {
		t.Run(term, func(t *testing.T) {
			var got bytes.Buffer
			if err := WriteText(&got, b.Lookup(term)); err != nil {
				t.Fatal(err)
			}
			path := "testdata/" + term + ".txt"
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTextFits holds the width and that no name is cut.
func TestTextFits(t *testing.T) {
	b := load(t)
	for _, name := range b.Names() {
		var out bytes.Buffer
		if err := WriteText(&out, b.Lookup(name)); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > columns || line != strings.TrimRight(line, " ") {
				t.Errorf("%s: bad line %q", name, line)
			}
		}
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s: its text does not name it", name)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteTextError(t *testing.T) {
	if err := WriteText(brokenWriter{}, []Entry{{}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

func FuzzLookup(f *testing.F) {
	for _, term := range []string{"NO_SOCKET", "UdpInErrors", "ip_error+0x1/0x2", "", ".", "\xff:", "pitfalls"} {
		f.Add(term)
	}
	b := load(f)
	f.Fuzz(func(t *testing.T, term string) {
		for _, e := range b.Lookup(term) {
			if len(e.Names) == 0 || e.Cause == "" {
				t.Errorf("%q: empty entry %+v", term, e)
			}
		}
		names := b.Names()
		for _, name := range b.Suggest(term) {
			if _, found := slices.BinarySearch(names, name); !found {
				t.Errorf("%q: suggests unknown %q", term, name)
			}
		}
	})
}
