package dropmon

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"dropwatch/internal/netdm"
	"dropwatch/internal/pcapfilter"
)

func packetFilter(t testing.TB, expression string) *PacketFilter {
	t.Helper()
	p, err := pcapfilter.Compile(expression, pcapfilter.Ethernet)
	if err != nil {
		t.Fatal(err)
	}
	return &PacketFilter{Text: expression, Instructions: p.Instructions()}
}

// framesOfAllSorts are udpFrame, tagged, and cut, and others.
func framesOfAllSorts() [][]byte {
	plain := udpFrame()
	tagged := append(append(append([]byte{}, plain[:12]...), 0x81, 0, 0, 42), plain[12:]...)
	ipv6 := append(append([]byte{}, plain[:12]...), 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64)
	ipv6 = append(ipv6, make([]byte, 32+12)...)
	ipv6 = append(ipv6, 0x50, 2, 0, 0, 0, 0, 0, 0)
	options := append([]byte{}, plain...)
	options[14] = 0x46
	list := [][]byte{{}, plain, tagged, ipv6, options, append(plain, make([]byte, 300)...)}
	for n := range plain {
		list = append(list, plain[:n])
	}
	return list
}

var filterExpressions = []string{
	"", "ip", "not ip", "udp", "tcp", "udp port 9", "udp src port 4000 and dst host 10.0.0.2", "port 9 or port 10", "not port 9",
	"vlan", "vlan 42 and udp", "ip6", "ip6 and tcp", "tcp[tcpflags] & tcp-syn != 0", "len > 60", "less 50", "ip[0] & 15 > 5",
	"udp[8] = 120", "udp[8:4] > 5", "ether[200] = 0", "ip[len - 20] = 0", "ip[8] * 3 - 7 > 100 or ip[9] / 4 = 4", "ip[2:2] % 7 = 1",
	"ip[2:2] << 3 | 1 > 9 and ip[4] ^ 0xff = 255", "ip[ip[8]] >> 1 = 0", "1 / ip[1] = 1", "udp port 9 and -ip[8] < 5",
}

// TestDecide compares whole frames with the machine of the compiler. Of cut ones
// nothing must be guessed.
func TestDecide(t *testing.T) {
	some := make(map[verdict]int)
	for _, expression := range filterExpressions {
		p, err := pcapfilter.Compile(expression, pcapfilter.Ethernet)
		if err != nil {
			t.Fatalf("%q: %v", expression, err)
		}
		f := packetFilter(t, expression)
		if err := f.check(); err != nil {
			t.Fatal(err)
		}
		for _, frame := range framesOfAllSorts() {
			want := rejected
			if p.Match(frame, len(frame)) {
				want = accepted
			}
			if got := decide(f.Instructions, frame, uint32(len(frame))); got != want {
				t.Errorf("%q: %x: %d, want %d", expression, frame, got, want)
			}
			for n := range frame {
				got := decide(f.Instructions, frame[:n], uint32(len(frame)))
				if got != want && got != undecided {
					t.Errorf("%q: %d bytes of %x: %d, want %d or undecided", expression, n, frame, got, want)
				}
				if got == undecided && n >= int(f.reach()) && !strings.Contains(expression, "ip[len") && !strings.Contains(expression, "ip[ip") {
					t.Errorf("%q: undecided with %d bytes, needs only %d", expression, n, f.reach())
				}
				some[got]++
			}
		}
	}
	if len(some) != 3 || some[undecided] < 100 || some[accepted] < 100 {
		t.Errorf("%d accepted, %d rejected, %d undecided", some[accepted], some[rejected], some[undecided])
	}
}

func FuzzDecide(f *testing.F) {
	for _, expression := range []string{"udp port 9", "vlan 42 and udp", "1 / ip[1] = 1"} {
		var raw []byte
		for _, i := range packetFilter(f, expression).Instructions {
			raw = binary.LittleEndian.AppendUint16(raw, i.Op)
			raw = binary.LittleEndian.AppendUint32(append(raw, i.Jt, i.Jf), i.K)
		}
		f.Add(raw, udpFrame(), uint8(20))
	}
	f.Fuzz(func(t *testing.T, raw, frame []byte, n uint8) {
		var code []bpf.RawInstruction
		for ; len(raw) >= 8; raw = raw[8:] {
			e := binary.LittleEndian
			code = append(code, bpf.RawInstruction{Op: e.Uint16(raw), Jt: raw[2], Jf: raw[3], K: e.Uint32(raw[4:])})
		}
		if (&PacketFilter{Instructions: code}).check() != nil {
			return
		}
		whole := decide(code, frame, uint32(len(frame)))
		cut := decide(code, frame[:min(int(n), len(frame))], uint32(len(frame)))
		if whole == undecided || cut != whole && cut != undecided {
			t.Fatalf("%d of the whole frame, %d of %d bytes", whole, cut, n)
		}
	})
}

func TestNetDMPacketFilter(t *testing.T) {
	plain := udpFrame()
	for name, test := range map[string]struct {
		expression string
		payload    []byte
		length     uint32
		want       verdict
	}{
		"match":               {"udp port 9", plain, 43, accepted},
		"no match":            {"udp port 10", plain, 43, rejected},
		"length":              {"len = 143", plain, 143, accepted},
		"cut":                 {"udp port 9", plain[:36], 43, undecided},
		"cut, known anyway":   {"tcp", plain[:36], 43, rejected},
		"beyond the packet":   {"ether[50] = 0", plain, 43, rejected},
		"no link header":      {"udp port 9 and len = 43", plain[14:], 29, accepted},
		"made-up addresses":   {"ether src 00:00:00:00:00:00", plain[14:], 29, accepted},
		"no link header, cut": {"udp port 9", plain[14:36], 29, undecided},
		"nothing":             {"udp port 9", nil, 43, undecided},
	} {
		s := newNetDM(Config{PacketFilter: packetFilter(t, test.expression)})
		alert := packetAlert(time.Unix(100, 0))
		alert.Payload, alert.Length = test.payload, test.length
		s.packet(alert, func(*Drop) {})
		counted := uint64(0)
		for _, d := range s.collect() {
			counted += d.Packets
		}
		if (counted == 1) != (test.want == accepted) || (s.undecided == 1) != (test.want == undecided) || counted+s.undecided > 1 {
			t.Errorf("%s: %d counted, %d undecided; want verdict %d", name, counted, s.undecided, test.want)
		}
	}
}

// The filter may need more of a packet than the user wants to see.
func TestNetDMPacketFilterSnap(t *testing.T) {
	s := newNetDM(Config{PacketFilter: packetFilter(t, "udp port 9 or ether[300] = 1"), Packets: true, Snap: 20})
	if got := s.settings().Truncate; got != 301 {
		t.Errorf("asks for %d bytes of a packet, want 301", got)
	}
	seen := 0
	s.packet(packetAlert(time.Unix(100, 0)), func(d *Drop) {
		seen++
		if len(d.Packet) != 20 || d.Transport != 17 || d.Flow.Destination.Port() != 9 {
			t.Errorf("%d bytes, %+v", len(d.Packet), d)
		}
	})
	if seen != 1 {
		t.Errorf("%d packets seen", seen)
	}
	s.count(&netdm.Alert{Mode: netdm.Summary, Hits: []netdm.Hit{{Location: 1, Count: 3}}, Traps: []netdm.TrapHit{{Count: 2}}})
	if s.undecided != 5 || s.collect() != nil {
		t.Errorf("%d undecided after a summary that somebody else asked for, want 5", s.undecided)
	}
}

func TestPacketFilterErrors(t *testing.T) {
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{Source: "ebpf", PacketFilter: &PacketFilter{}}, "no instructions"},
		{Config{Source: "netdm", PacketFilter: &PacketFilter{Instructions: []bpf.RawInstruction{{Op: 5, K: 9}}}}, "leads out"},
		{Config{Source: "tracefs", PacketFilter: packetFilter(t, "tcp")}, "no packet bytes"},
	} {
		source, err := Open(test.config)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v, want %q", test.config.Source, source, err, test.want)
		}
	}
	s := newNetDM(Config{Coarse: true, PacketFilter: packetFilter(t, "tcp")})
	s.client = new(netdm.Client)
	if err := s.start(); err == nil || errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "no packet bytes") {
		t.Errorf("netdm that only counts: %v", err)
	}
}
