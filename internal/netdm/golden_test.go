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
	family, err := decodeFamily(captured(t, "6.1", "family.bin")[messageHeader+genericHeader:])
	if err != nil {
		t.Fatal(err)
	}
	if family.id != 32 || family.version != 2 || family.group != 1 || family.highest != 23 {
		t.Errorf("family %+v", family)
	}
	equal(t, Features{Configure: true, Stats: true, Hardware: true, Cookie: true, Reason: true}, family.features())
	settings, err := decodeSettings(captured(t, "6.1", "configuration.bin"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, Settings{Mode: Summary, Queue: 1000}, settings)
	stats, err := decodeStats(captured(t, "6.1", "stats.bin"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, Stats{}, stats)
}

func TestCapturedAlerts(t *testing.T) {
	littleEndian(t)
	for _, test := range []struct {
		kernel, name string
		want         Alert
		payload      int
	}{
		{"6.1", "alert-summary.bin", Alert{Mode: Summary, Hits: []Hit{{0xffffffff8188c602, 3}}}, 0},
		{"6.1", "alert-packet.bin", Alert{Mode: Packets, Packet: Packet{
			Location: 0xffffffff8188c602, Symbol: []byte("__udp4_lib_rcv+0x9a2/0xc30"), Reason: []byte("NO_SOCKET"),
			Interface: 1, Time: time.Unix(0, 0x18ea3a8cc7f0c5c6), Length: 51, Protocol: 0x800,
		}}, 51},
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
