package scenario

import (
	"os"
	"path/filepath"
	"testing"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParsePairs(t *testing.T) {
	values, err := parsePairs([]byte("Udp: InDatagrams NoPorts\nUdp: 5 18446744073709551615\nTcp: MaxConn OutRsts\nTcp: -1 7\n"))
	if err != nil {
		t.Fatal(err)
	}
	if values["Udp.NoPorts"] != 1<<64-1 || values["Tcp.OutRsts"] != 7 || values["Udp.InDatagrams"] != 5 || len(values) != 3 {
		t.Errorf("values %v", values)
	}
	for _, bad := range []string{"Udp: NoPorts\n", "Udp: NoPorts\nTcp: 5\n", "Udp: NoPorts\nUdp: 5 6\n", "\n\n"} {
		if values, err := parsePairs([]byte(bad)); err == nil {
			t.Errorf("%q gives %v", bad, values)
		}
	}
}

func TestParseColumns(t *testing.T) {
	values, err := parseColumns([]byte("Udp6NoPorts  \t 5\nIp6InReceives 0\n"))
	if err != nil || values["Udp6NoPorts"] != 5 || len(values) != 2 {
		t.Errorf("values %v, error %v", values, err)
	}
	for _, bad := range []string{"Udp6NoPorts\n", "Udp6NoPorts x\n", "a b 5\n"} {
		if values, err := parseColumns([]byte(bad)); err == nil {
			t.Errorf("%q gives %v", bad, values)
		}
	}
}

func TestParseRealFiles(t *testing.T) {
	values, err := parsePairs([]byte(fixture(t, "snmp-6.18")))
	if _, ok := values["Udp.RcvbufErrors"]; err != nil || !ok {
		t.Errorf("no Udp.RcvbufErrors in snmp: %v", err)
	}
	values, err = parseColumns([]byte(fixture(t, "snmp6-6.18")))
	if _, ok := values["Udp6RcvbufErrors"]; err != nil || !ok {
		t.Errorf("no Udp6RcvbufErrors in snmp6: %v", err)
	}
}

// TestParseTools reads what the programs printed, with numbers put in.
func TestParseTools(t *testing.T) {
	tests := []struct {
		name  string
		parse func() (uint64, error)
		want  uint64
	}{
		{"link", func() (uint64, error) { return parseLink(fixture(t, "link.json"), "tx", "dropped") }, 41},
		{"qdisc", func() (uint64, error) { return parseQdisc(fixture(t, "qdisc.json"), "tbf") }, 42},
		{"nft", func() (uint64, error) { return parseNFTCounters(fixture(t, "nft-counters.json"), "hits") }, 43},
		{"ethtool", func() (uint64, error) { return parseDriver(fixture(t, "ethtool.txt"), "rx_queue_0_xdp_drops") }, 44},
	}
	for _, tt := range tests {
		if got, err := tt.parse(); err != nil || got != tt.want {
			t.Errorf("%s: %d, %v; want %d", tt.name, got, err, tt.want)
		}
	}
	for name, err := range map[string]error{
		"link":    second(parseLink("[]", "tx", "dropped")),
		"qdisc":   second(parseQdisc(fixture(t, "qdisc.json"), "htb")),
		"nft":     second(parseNFTCounters(fixture(t, "nft-counters.json"), "other")),
		"ethtool": second(parseDriver(fixture(t, "ethtool.txt"), "other")),
	} {
		if err == nil {
			t.Errorf("%s: a counter that is not there has a value", name)
		}
	}
}

func second(_ uint64, err error) error { return err }

func FuzzParseCounters(f *testing.F) {
	f.Add(fixture(f, "snmp-6.18"))
	f.Add(fixture(f, "snmp6-6.18"))
	f.Fuzz(func(t *testing.T, text string) {
		if values, err := parsePairs([]byte(text)); err != nil && values != nil {
			t.Error("values beside an error")
		}
		if values, err := parseColumns([]byte(text)); err != nil && values != nil {
			t.Error("values beside an error")
		}
	})
}

func FuzzParseTools(f *testing.F) {
	for _, name := range []string{"link.json", "qdisc.json", "nft-counters.json", "ethtool.txt"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func() (uint64, error){
			func() (uint64, error) { return parseLink(text, "tx", "dropped") },
			func() (uint64, error) { return parseQdisc(text, "tbf") },
			func() (uint64, error) { return parseNFTCounters(text, "hits") },
			func() (uint64, error) { return parseDriver(text, "rx_queue_0_xdp_drops") },
		} {
			if v, err := parse(); err != nil && v != 0 {
				t.Errorf("value %d beside error %v", v, err)
			}
		}
	})
}
