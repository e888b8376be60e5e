package netdm

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// captured reads a message that a test in a virtual machine (VMCAPTURE) got from
// a real kernel; those of hardware are netdevsim's.
func captured(t *testing.T, kernel, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", kernel, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The captures are from x86, whose byte order they have.
func littleEndian(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("captures are little-endian")
	}
}

func TestCapturedReplies(t *testing.T) {
	littleEndian(t)
	for kernel, want := range map[string]struct {
		id      uint16
		highest uint32
		reason  bool
	}{"5.10": {29, attributeCookie, false}, "6.1": {32, attributeReason, true}, "6.12": {34, attributeReason, true}, "7.2": {36, attributeReason, true}} {
		t.Run(kernel, func(t *testing.T) {
			family, err := decodeFamily(captured(t, kernel, "family.bin")[messageHeader+genericHeader:])
			must(t, err)
			if family.id != want.id || family.version != 2 || family.group != 1 || family.highest != want.highest {
				t.Errorf("family %+v", family)
			}
			equal(t, Features{Configure: true, Stats: true, Hardware: true, Cookie: true, Reason: want.reason}, family.features())
			settings, err := decodeSettings(captured(t, kernel, "configuration.bin"))
			must(t, err)
			equal(t, Settings{Mode: Summary, Queue: 1000}, settings)
			stats, err := decodeStats(captured(t, kernel, "stats.bin"))
			must(t, err)
			equal(t, Stats{}, stats)
		})
	}
}

// closedPortAlert is what each kernel told of a datagram to a closed port.
func closedPortAlert(location uint64, symbol, reason string, nanoseconds int64) Alert {
	return Alert{Mode: Packets, Packet: Packet{
		Location: location, Symbol: []byte(symbol), Reason: []byte(reason),
		Interface: 1, Time: time.Unix(0, nanoseconds), Length: 51, Protocol: 0x800,
	}}
}

func closedPortHits(location uint64) Alert { return Alert{Mode: Summary, Hits: []Hit{{location, 3}}} }

func TestCapturedAlerts(t *testing.T) {
	littleEndian(t)
	for _, test := range []struct {
		kernel, name string
		want         Alert
		payload      int
	}{
		{"5.10", "alert-summary.bin", closedPortHits(0xffffffff817a6092), 0},
		{"5.10", "alert-packet.bin", closedPortAlert(0xffffffff817a6092, "__udp4_lib_rcv+0x992/0xbe0", "", 0x18ea42785862bd65), 51},
		{"6.1", "alert-summary.bin", closedPortHits(0xffffffff8188c602), 0},
		{"6.1", "alert-packet.bin", closedPortAlert(0xffffffff8188c602, "__udp4_lib_rcv+0x9a2/0xc30", "NO_SOCKET", 0x18ea3a8cc7f0c5c6), 51},
		{"6.12", "alert-summary.bin", closedPortHits(0xffffffff81aff275), 0},
		{"6.12", "alert-packet.bin", closedPortAlert(0xffffffff81aff275, "__udp4_lib_rcv+0x235/0xd90", "NO_SOCKET", 0x18ea427f000aa283), 51},
		{"7.2", "alert-summary.bin", closedPortHits(0xffffffff8208fc32), 0},
		{"7.2", "alert-packet.bin", closedPortAlert(0xffffffff8208fc32, "udp_rcv+0x452/0xc50", "NO_SOCKET", 0x18ea42887e13103c), 51},
		{"6.1", "alert-hardware-summary.bin", Alert{Mode: Summary, Traps: []TrapHit{
			{[]byte("fid_miss"), 10}, {[]byte("ttl_value_is_too_small"), 10},
		}}, 0},
		{"6.1", "alert-hardware-packet.bin", Alert{Mode: Packets, Packet: Packet{
			Origin: Hardware, TrapGroup: []byte("l2_drops"), Trap: []byte("fid_miss"),
			Interface: 2, InterfaceName: []byte("eth0"), Time: time.Unix(0, 0x18ea3aec81762004), Length: 142, Protocol: 0x800,
		}}, 64},
		{"6.1", "alert-hardware-cookie.bin", Alert{Mode: Packets, Packet: Packet{
			Origin: Hardware, TrapGroup: []byte("acl_drops"), Trap: []byte("ingress_flow_action_drop"), Cookie: []byte{0x0a, 0x1b, 0x2c, 0x3d},
			Interface: 3, InterfaceName: []byte("eth0"), Time: time.Unix(0, 0x18ea3aecf09b2ae2), Length: 142, Protocol: 0x800,
		}}, 64},
	} {
		t.Run(test.kernel+"/"+test.name, func(t *testing.T) {
			message := captured(t, test.kernel, test.name)
			var a Alert
			rest, ok, err := a.decode(binary.NativeEndian.Uint16(message[4:]), message)
			if err != nil || !ok || len(rest) != 0 {
				t.Fatalf("ok %v, rest %d, %v", ok, len(rest), err)
			}
			ignore := cmpopts.IgnoreFields(Alert{}, "Message", "Packet.Payload")
			if diff := cmp.Diff(test.want, a, ignore, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(a.Packet.Payload) != test.payload {
				t.Errorf("%d bytes of packet, want %d", len(a.Packet.Payload), test.payload)
			}
		})
	}
}
