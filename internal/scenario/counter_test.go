package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
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
	const text = "Udp: InDatagrams NoPorts\nUdp: 5 18446744073709551615\nTcp: MaxConn OutRsts\nTcp: -1 7\nUdpLite: NoPorts\nUdpLite: 3\n"
	for name, want := range map[string]uint64{"Udp.NoPorts": 1<<64 - 1, "Udp.InDatagrams": 5, "Tcp.OutRsts": 7, "UdpLite.NoPorts": 3} {
		if value, found, err := parsePairs([]byte(text), name); value != want || !found || err != nil {
			t.Errorf("%s: %d, %v, %v", name, value, found, err)
		}
	}
	for _, name := range []string{"Udp.OutRsts", "Udp", "Ip.Forwarding", "Udp.Udp:", "Udp."} {
		if value, found, err := parsePairs([]byte(text), name); value != 0 || found || err != nil {
			t.Errorf("%s: %d, %v, %v", name, value, found, err)
		}
	}
	for _, bad := range []string{"Udp: NoPorts\n", "Udp: NoPorts\nTcp: 5\n", "Udp: NoPorts\nUdp: 5 6\n", "Udp: NoPorts\nUdp: x\n"} {
		if value, found, err := parsePairs([]byte(bad), "Udp.NoPorts"); err == nil || found {
			t.Errorf("%q gives %d", bad, value)
		}
	}
}

func TestParseColumns(t *testing.T) {
	const text = "Udp6NoPortsToo 7\nUdp6NoPorts  \t 5\nIp6InReceives 0\n"
	for name, want := range map[string]uint64{"Udp6NoPorts": 5, "Udp6NoPortsToo": 7} {
		if value, found, err := parseColumns([]byte(text), name); value != want || !found || err != nil {
			t.Errorf("%s: %d, %v, %v", name, value, found, err)
		}
	}
	if value, found, err := parseColumns([]byte(text), "Udp6No"); value != 0 || found || err != nil {
		t.Errorf("a part of a name: %d, %v, %v", value, found, err)
	}
	for _, bad := range []string{"Udp6NoPorts\n", "Udp6NoPorts x\n", "Udp6NoPorts 5 6\n"} {
		if value, found, err := parseColumns([]byte(bad), "Udp6NoPorts"); err == nil || found {
			t.Errorf("%q gives %d", bad, value)
		}
	}
}

func TestParseRealFiles(t *testing.T) {
	if _, found, err := parsePairs([]byte(fixture(t, "snmp-6.18")), "Udp.RcvbufErrors"); err != nil || !found {
		t.Errorf("no Udp.RcvbufErrors in snmp: %v", err)
	}
	if _, found, err := parseColumns([]byte(fixture(t, "snmp6-6.18")), "Udp6RcvbufErrors"); err != nil || !found {
		t.Errorf("no Udp6RcvbufErrors in snmp6: %v", err)
	}
}

// TestParseMessages reads what the kernel answered after 100 drops.
func TestParseMessages(t *testing.T) {
	state, err := parseLink([]byte(fixture(t, "link-6.18")))
	if err != nil || state.operational || state.counters["tx/dropped"] != 100 {
		t.Errorf("link: %+v, %v", state, err)
	}
	q, err := parseQdisc([]byte(fixture(t, "qdisc-6.18")))
	if err != nil || q != (qdisc{index: q.index, kind: "tbf", drops: 100}) || q.index == 0 {
		t.Errorf("qdisc: %+v, %v", q, err)
	}
	counter, err := parseNFTCounter([]byte(fixture(t, "nft-6.18")))
	if err != nil || counter != (nftCounter{name: "hits", packets: 100}) {
		t.Errorf("nft: %+v, %v", counter, err)
	}
}

func TestParseDriver(t *testing.T) {
	got, err := parseDriver(fixture(t, "ethtool.txt"), "rx_queue_0_xdp_drops")
	if err != nil || got != 44 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := parseDriver(fixture(t, "ethtool.txt"), "other"); err == nil {
		t.Error("a counter that is not there has a value")
	}
}

// TestParseShort cuts statistics off: what is left must not be read as numbers.
func TestParseShort(t *testing.T) {
	attribute := func(kind uint16, value []byte) []byte {
		text, err := encode(func(e *netlink.AttributeEncoder) error { e.Bytes(kind, value); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, err := range map[string]error{
		"link header":  second(parseLink(make([]byte, 15))),
		"link stats":   second(parseLink(append(make([]byte, 16), attribute(unix.IFLA_STATS64, make([]byte, 63))...))),
		"qdisc header": second(parseQdisc(make([]byte, 19))),
		"qdisc stats":  second(parseQdisc(append(make([]byte, 20), attribute(unix.TCA_STATS2, attribute(3, make([]byte, 11)))...))),
		"nft header":   second(parseNFTCounter(make([]byte, 3))),
		"nft packets":  second(parseNFTCounter(append(make([]byte, 4), attribute(unix.NFTA_OBJ_DATA, attribute(unix.NFTA_COUNTER_PACKETS, make([]byte, 4)))...))),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzParseCounters(f *testing.F) {
	f.Add(fixture(f, "snmp-6.18"))
	f.Add(fixture(f, "snmp6-6.18"))
	f.Add(fixture(f, "ethtool.txt"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"Udp.NoPorts", "Udp6NoPorts", "", "."} {
			if v, found, err := parsePairs([]byte(text), name); (err != nil || !found) && (v != 0 || found) {
				t.Error("pairs: value beside an error")
			}
			if v, found, err := parseColumns([]byte(text), name); (err != nil || !found) && (v != 0 || found) {
				t.Error("columns: value beside an error")
			}
		}
		if v, err := parseDriver(text, "rx_queue_0_xdp_drops"); err != nil && v != 0 {
			t.Error("value beside an error")
		}
	})
}

func FuzzParseMessages(f *testing.F) {
	for _, name := range []string{"link-6.18", "qdisc-6.18", "nft-6.18"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if state, err := parseLink(message); err != nil && (state.operational || state.counters != nil) {
			t.Error("link beside an error")
		}
		if q, err := parseQdisc(message); err != nil && q != (qdisc{}) {
			t.Error("qdisc beside an error")
		}
		if c, err := parseNFTCounter(message); err != nil && c != (nftCounter{}) {
			t.Error("nft counter beside an error")
		}
	})
}
