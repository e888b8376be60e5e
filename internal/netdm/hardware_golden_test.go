package netdm

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What netdevsim reports under Linux 5.10, which knows no reasons.
func TestCapturedHardware(t *testing.T) {
	littleEndian(t)
	for name, want := range map[string]Alert{
		"alert-hardware-summary.bin": {Mode: Summary, Traps: []TrapHit{
			{[]byte("fid_miss"), 10}, {[]byte("ttl_value_is_too_small"), 10},
		}},
		"alert-hardware-packet.bin": {Mode: Packets, Packet: Packet{
			Origin: Hardware, TrapGroup: []byte("l2_drops"), Trap: []byte("fid_miss"),
			Interface: 2, InterfaceName: []byte("eth0"), Time: time.Unix(0, 0x18ea40c3bdc7009b), Length: 142, Protocol: 0x800,
		}},
		"alert-hardware-cookie.bin": {Mode: Packets, Packet: Packet{
			Origin: Hardware, TrapGroup: []byte("acl_drops"), Trap: []byte("ingress_flow_action_drop"), Cookie: []byte{0x0a, 0x1b, 0x2c, 0x3d},
			Interface: 3, InterfaceName: []byte("eth0"), Time: time.Unix(0, 0x18ea40c415c0b335), Length: 142, Protocol: 0x800,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			message := captured(t, "5.10", name)
			var a Alert
			rest, ok, err := a.decode(binary.NativeEndian.Uint16(message[4:]), message)
			if err != nil || !ok || len(rest) != 0 {
				t.Fatalf("ok %v, rest %d, %v", ok, len(rest), err)
			}
			ignore := cmpopts.IgnoreFields(Alert{}, "Message", "Packet.Payload")
			if diff := cmp.Diff(want, a, ignore, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if want.Mode == Packets && len(a.Packet.Payload) != 64 {
				t.Errorf("%d bytes of packet, want 64", len(a.Packet.Payload))
			}
		})
	}
}
