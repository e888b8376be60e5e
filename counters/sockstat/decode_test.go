package sockstat

import (
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// captured reads bytes that a kernel sent. The files are in the form of
// hexdump -C, without netlink headers.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for line := range strings.Lines(string(text)) {
		columns, _, _ := strings.Cut(line, "|")
		_, columns, _ = strings.Cut(columns, " ")
		row, err := hex.DecodeString(strings.Join(strings.Fields(columns), ""))
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, row...)
	}
	return data
}

func decodeAs(protocol Protocol, data []byte) (Socket, error) {
	var s Socket
	var err error
	switch protocol {
	case Packet:
		err = s.decodePacket(data)
	case Netlink:
		err = s.decodeNetlink(data)
	default:
		err = s.decodeInet(protocol, data)
	}
	return s, err
}

func TestDecode(t *testing.T) {
	unused := Memory{ReceiveBuffer: 212992, SendBuffer: 212992}
	for _, test := range []struct {
		file string
		text string
		want Socket
	}{
		{"udp-6.18", "udp 127.0.0.1:5353 inode 3516448", Socket{
			Protocol: UDP, State: Closed, Family: unix.AF_INET,
			Local: netip.MustParseAddrPort("127.0.0.1:5353"), Remote: netip.MustParseAddrPort("0.0.0.0:0"),
			Inode: 3516448, Cookie: 0x4a42, ReceiveQueue: 6912,
			Memory: Memory{Received: 6912, ReceiveBuffer: 8192, SendBuffer: 212992},
			Drops:  97, DropsKnown: true,
		}},
		{"udp6-6.18", "udp [::1]:53 inode 3516450", Socket{
			Protocol: UDP, State: Closed, Family: unix.AF_INET6,
			Local: netip.MustParseAddrPort("[::1]:53"), Remote: netip.MustParseAddrPort("[::]:0"),
			Inode: 3516450, Cookie: 0x4a44, Memory: unused, DropsKnown: true,
		}},
		{"udp6-connected-6.18", "udp [::1]:57230 to [::1]:53 inode 3516451", Socket{
			Protocol: UDP, State: Established, Family: unix.AF_INET6,
			Local: netip.MustParseAddrPort("[::1]:57230"), Remote: netip.MustParseAddrPort("[::1]:53"),
			Inode: 3516451, Cookie: 0x4a43, Memory: unused, DropsKnown: true,
		}},
		{"tcp-listen-6.18", "tcp 127.0.0.1:80 inode 3516452", Socket{
			Protocol: TCP, State: Listening, Family: unix.AF_INET,
			Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("0.0.0.0:0"),
			Inode: 3516452, Cookie: 0x4a45, Listen: Listen{Accept: 1, Limit: 7},
			Memory: Memory{ReceiveBuffer: 131072, SendBuffer: 16384}, DropsKnown: true,
		}},
		{"packet-6.18", "packet 0x0003 interface 1 inode 3516454", Socket{
			Protocol: Packet, Family: unix.AF_PACKET, Number: unix.ETH_P_ALL, Interface: 1, Fanout: 77,
			Inode: 3516454, Cookie: 0x4a46, Memory: unused, DropsKnown: true,
		}},
		{"netlink-6.18", "netlink 4 port 18392 inode 3516455", Socket{
			Protocol: Netlink, State: Closed, Family: unix.AF_NETLINK, Number: unix.NETLINK_SOCK_DIAG, PortID: 18392,
			Inode: 3516455, Cookie: 0x4a48, ReceiveQueue: 16640,
			Memory: Memory{Received: 16640, ReceiveBuffer: 212992, SendBuffer: 212992}, DropsKnown: true,
		}},
	} {
		t.Run(test.file, func(t *testing.T) {
			got, err := decodeAs(test.want.Protocol, captured(t, test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(sameAddress)); diff != "" {
				t.Error(diff)
			}
			if got.String() != test.text {
				t.Errorf("named %q, want %q", &got, test.text)
			}
		})
	}
}

func sameAddress(a, b netip.AddrPort) bool { return a == b }

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		name     string
		protocol Protocol
		data     []byte
		want     string
	}{
		{"short", UDP, make([]byte, 71), "decode udp socket: 71 bytes are too few"},
		{"family", UDP, make([]byte, 72), "decode udp socket: unknown address family 0"},
		{"attribute", UDP, append(captured(t, "udp-6.18"), 0xff), "decode udp socket: 1 stray bytes after the last attribute"},
		{"short packet", Packet, make([]byte, 15), "decode packet socket: 15 bytes are too few"},
		{"short netlink", Netlink, nil, "decode netlink socket: 0 bytes are too few"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := decodeAs(test.protocol, test.data)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// What a kernel does not tell is not 0.
func TestDropsUnknown(t *testing.T) {
	whole := captured(t, "udp-6.18")
	// a kernel before 4.7 has one word less
	old := append([]byte(nil), whole[:len(whole)-4]...)
	old[len(old)-36] -= 4
	got, err := decodeAs(UDP, old)
	if err != nil || got.DropsKnown || got.Memory.ReceiveBuffer != 8192 {
		t.Errorf("an old kernel: %+v, %v", got, err)
	}
	ring := append(captured(t, "packet-6.18"), 4, 0, packetRing, 0)
	got, err = decodeAs(Packet, ring)
	if err != nil || got.DropsKnown {
		t.Errorf("a packet socket with a ring: %+v, %v", got, err)
	}
}

func TestRawNumber(t *testing.T) {
	data := captured(t, "udp-6.18")
	data[4], data[5] = 0, unix.IPPROTO_ICMP // the kernel puts it where ports have their place
	got, err := decodeAs(Raw, data)
	if err != nil {
		t.Fatal(err)
	}
	if want := "raw 127.0.0.1 protocol 1 inode 3516448"; got.String() != want || got.Local.Port() != 0 {
		t.Errorf("got %q with %v, want %q", &got, got.Local, want)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(files) == 0 {
		f.Fatal("no captured messages", err)
	}
	for _, file := range files {
		f.Add(captured(f, strings.TrimSuffix(filepath.Base(file), ".hex")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, protocol := range []Protocol{UDP, Raw, TCP, Packet, Netlink} {
			s, err := decodeAs(protocol, data)
			if err == nil && (s.Protocol != protocol || s.String() == "") {
				t.Errorf("%v became %+v", protocol, s)
			}
			if !s.DropsKnown && s.Drops != 0 {
				t.Errorf("unknown drops are %d", s.Drops)
			}
		}
	})
}
