package netdm

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mdlayher/netlink"
)

// datagram makes a netlink message of the fake family.
func datagram(command uint8, fill func(*netlink.AttributeEncoder)) []byte {
	body := append([]byte{command, 2, 0, 0}, encode(fill)...)
	message := binary.NativeEndian.AppendUint32(nil, uint32(messageHeader+len(body)))
	message = binary.NativeEndian.AppendUint16(message, fakeFamily)
	message = append(message, make([]byte, messageHeader-len(message))...)
	return append(message, body...)
}

// hits is the payload of a software summary.
func hits(entries ...Hit) []byte {
	payload := binary.NativeEndian.AppendUint32(nil, uint32(len(entries)))
	for _, h := range entries {
		payload = binary.NativeEndian.AppendUint64(payload, h.Location)
		payload = binary.NativeEndian.AppendUint32(payload, h.Count)
	}
	return payload
}

// encodePacket is the inverse of decoding.
func encodePacket(p *Packet) []byte {
	return datagram(commandPacketAlert, func(e *netlink.AttributeEncoder) {
		e.Uint16(attributeOrigin, uint16(p.Origin))
		e.Uint64(attributePC, p.Location)
		for typ, text := range map[uint16][]byte{
			attributeSymbol: p.Symbol, attributeReason: p.Reason,
			attributeTrapGroup: p.TrapGroup, attributeTrap: p.Trap,
		} {
			if text != nil {
				e.Bytes(typ, append(text[:len(text):len(text)], 0))
			}
		}
		e.Nested(attributeInPort, func(e *netlink.AttributeEncoder) error {
			if p.Interface != 0 {
				e.Uint32(attributePortIndex, p.Interface)
			}
			if p.InterfaceName != nil {
				e.Bytes(attributePortName, append(p.InterfaceName[:len(p.InterfaceName):len(p.InterfaceName)], 0))
			}
			return nil
		})
		if p.Cookie != nil {
			e.Bytes(attributeCookie, p.Cookie)
		}
		e.Uint64(attributeTimestamp, uint64(p.Time.UnixNano()))
		e.Bytes(8, nil) // PAD
		e.Uint32(attributeLength, p.Length)
		if p.Payload != nil {
			e.Uint16(attributeProtocol, p.Protocol)
			e.Bytes(attributePayload, p.Payload)
		}
		e.Bytes(99, []byte("from a later kernel"))
	})
}

var packets = map[string]Packet{
	"software": {
		Location: 0xffffffff81884b72, Symbol: []byte("__udp4_lib_rcv+0x9a2/0xc30"), Reason: []byte("NO_SOCKET"),
		Interface: 1, Time: time.Unix(0, 1795385060227011550), Length: 42, Protocol: 0x800, Payload: []byte{1, 2, 3},
	},
	"no interface, no reason, no payload": {
		Location: 1, Symbol: []byte("f+0x1/0x2"), Time: time.Unix(0, 5), Length: 60,
	},
	"hardware": {
		Origin: Hardware, TrapGroup: []byte("acl_drops"), Trap: []byte("ingress_flow_action_drop"), Cookie: []byte{0x0a, 0x1b, 0x2c, 0x3d},
		Interface: 4, InterfaceName: []byte("eth0"), Time: time.Unix(0, 6), Length: 74, Protocol: 0x86dd, Payload: make([]byte, 74),
	},
	"empty texts": {
		Symbol: []byte{}, Reason: []byte{}, Trap: []byte{}, Time: time.Unix(0, 0), Payload: []byte{},
	},
}

func TestDecodePacket(t *testing.T) {
	for name, want := range packets {
		t.Run(name, func(t *testing.T) {
			a := Alert{Hits: []Hit{{1, 1}}, Traps: []TrapHit{{}}, Packet: packets["hardware"]}
			message := encodePacket(&want)
			rest, ok, err := a.decode(fakeFamily, message)
			if err != nil || !ok || len(rest) != 0 {
				t.Fatalf("ok %v, rest %d, %v", ok, len(rest), err)
			}
			equal(t, Alert{Mode: Packets, Hits: []Hit{}, Traps: []TrapHit{}, Packet: want, Message: message}, a)
		})
	}
}

func TestDecodeSummary(t *testing.T) {
	var full []Hit
	for i := range SummaryLimit {
		full = append(full, Hit{Location: uint64(i), Count: 1})
	}
	for _, test := range []struct {
		name string
		fill func(*netlink.AttributeEncoder)
		want Alert
		full bool
	}{
		{"nothing", func(*netlink.AttributeEncoder) {}, Alert{}, false},
		{"no entry", func(e *netlink.AttributeEncoder) { e.Bytes(attributeSummary, hits()) }, Alert{}, false},
		{
			"software", func(e *netlink.AttributeEncoder) {
				e.Bytes(attributeSummary, hits(Hit{0xffffffff81884b72, 3}, Hit{0, 1 << 31}))
			},
			Alert{Hits: []Hit{{0xffffffff81884b72, 3}, {0, 1 << 31}}}, false,
		},
		{"limit", func(e *netlink.AttributeEncoder) { e.Bytes(attributeSummary, hits(full...)) }, Alert{Hits: full}, true},
		{
			"hardware", func(e *netlink.AttributeEncoder) {
				e.Bytes(attributeSummary, hits())
				e.Nested(attributeHWEntries, func(e *netlink.AttributeEncoder) error {
					for i, trap := range []string{"fid_miss", "blackhole_route"} {
						e.Nested(attributeHWEntry, func(e *netlink.AttributeEncoder) error {
							e.String(attributeTrap, trap)
							e.Uint32(attributeTrapCount, uint32(i+10))
							e.Bytes(77, []byte{1})
							return nil
						})
					}
					e.Bytes(78, []byte{1})
					return nil
				})
				e.Bytes(79, []byte{1})
			},
			Alert{Traps: []TrapHit{{[]byte("fid_miss"), 10}, {[]byte("blackhole_route"), 11}}}, false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := Alert{Hits: []Hit{{1, 1}}, Traps: []TrapHit{{}}, Packet: packets["hardware"], Mode: Packets}
			if _, ok, err := a.decode(fakeFamily, datagram(commandAlert, test.fill)); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if diff := cmp.Diff(test.want, a, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Alert{}, "Message")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if a.Full() != test.full {
				t.Errorf("full: %v", a.Full())
			}
		})
	}
}

// Every attribute of a wrong length is an error that names it.
func TestDecodeWrongLength(t *testing.T) {
	port := func(typ uint16) func(*netlink.AttributeEncoder) {
		return func(e *netlink.AttributeEncoder) {
			e.Nested(attributeInPort, func(e *netlink.AttributeEncoder) error { e.Bytes(typ, make([]byte, 3)); return nil })
		}
	}
	bytes := func(typ uint16, n int) func(*netlink.AttributeEncoder) {
		return func(e *netlink.AttributeEncoder) { e.Bytes(typ, make([]byte, n)) }
	}
	for _, test := range []struct {
		command uint8
		fill    func(*netlink.AttributeEncoder)
		want    string
	}{
		{commandPacketAlert, bytes(attributeOrigin, 1), "attribute ORIGIN: has 1 bytes, not 2"},
		{commandPacketAlert, bytes(attributePC, 4), "attribute PC: has 4 bytes, not 8"},
		{commandPacketAlert, bytes(attributeTimestamp, 9), "attribute TIMESTAMP: has 9 bytes, not 8"},
		{commandPacketAlert, bytes(attributeLength, 0), "attribute ORIG_LEN: has 0 bytes, not 4"},
		{commandPacketAlert, bytes(attributeProtocol, 4), "attribute PROTO: has 4 bytes, not 2"},
		{commandPacketAlert, port(attributePortIndex), "attribute IN_PORT: attribute NETDEV_IFINDEX: has 3 bytes, not 4"},
		{commandPacketAlert, bytes(attributeInPort, 2), "attribute IN_PORT: 2 stray bytes"},
		{commandAlert, bytes(attributeSummary, 3), "attribute UNSPEC: has 3 bytes, not 4"},
		{commandAlert, func(e *netlink.AttributeEncoder) { e.Bytes(attributeSummary, hits(Hit{1, 1})[:15]) }, "attribute UNSPEC: has 11 bytes for 1 entries of 12"},
		{commandAlert, func(e *netlink.AttributeEncoder) { e.Bytes(attributeSummary, []byte{0xff, 0xff, 0xff, 0xff}) }, "attribute UNSPEC: has 0 bytes for 4294967295 entries"},
		{commandAlert, func(e *netlink.AttributeEncoder) {
			e.Nested(attributeHWEntries, func(e *netlink.AttributeEncoder) error {
				e.Nested(attributeHWEntry, func(e *netlink.AttributeEncoder) error {
					e.Uint8(attributeTrapCount, 1)
					return nil
				})
				return nil
			})
		}, "attribute HW_ENTRIES: attribute HW_ENTRY: attribute HW_TRAP_COUNT: has 1 bytes, not 4"},
	} {
		var a Alert
		_, ok, err := a.decode(fakeFamily, datagram(test.command, test.fill))
		if ok || err == nil || !strings.HasPrefix(err.Error(), "decode alert: "+test.want) {
			t.Errorf("got %v, %v, want %q", ok, err, test.want)
		}
	}
}

func TestDecodeFraming(t *testing.T) {
	p := packets["software"]
	good := encodePacket(&p)
	patch := func(at int, b ...byte) []byte {
		m := append([]byte(nil), good...)
		copy(m[at:], b)
		return m
	}
	short := binary.NativeEndian.AppendUint32(nil, 18)
	short = binary.NativeEndian.AppendUint16(short, fakeFamily)
	for _, test := range []struct {
		name     string
		datagram []byte
		want     string // error, or nothing for messages that are passed over
	}{
		{"no header", good[:15], "15 bytes are no netlink message"},
		{"cut", good[:len(good)-1], "where there are"},
		{"length of a giant", patch(0, 0xff, 0xff, 0xff, 0xff), "says it has 4294967295 bytes"},
		{"length of nothing", patch(0, 0, 0, 0, 0), "says it has 0 bytes"},
		{"no generic header", append(short, make([]byte, 12)...), "has no generic netlink header"},
		{"attribute too long", patch(messageHeader+genericHeader, 0xff, 0xff), "attribute 14 says it has 65535 bytes"},
		{"attribute too short", patch(messageHeader+genericHeader, 3, 0), "attribute 14 says it has 3 bytes"},
		{"other family", patch(4, fakeFamily+1), ""},
		{"other command", patch(messageHeader, commandStats), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a Alert
			_, ok, err := a.decode(fakeFamily, test.datagram)
			switch {
			case ok:
				t.Error("decoded")
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestDecodePacketAllocates(t *testing.T) {
	p, q := packets["software"], packets["hardware"]
	messages := append(encodePacket(&p), encodePacket(&q)...)
	var a Alert
	allocations := testing.AllocsPerRun(100, func() {
		for rest := messages; len(rest) > 0; {
			var err error
			if rest, _, err = a.decode(fakeFamily, rest); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocations != 0 || string(a.Packet.Trap) != "ingress_flow_action_drop" {
		t.Errorf("%v allocations, last trap %q", allocations, a.Packet.Trap)
	}
}

func BenchmarkDecodePacket(b *testing.B) {
	p := packets["software"]
	message := encodePacket(&p)
	var a Alert
	for b.Loop() {
		if _, ok, err := a.decode(fakeFamily, message); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func TestDecodeReplies(t *testing.T) {
	s, err := decodeSettings(settingsBody(Settings{Mode: Packets, Truncate: 96, Queue: 0}))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, Settings{Mode: Packets, Truncate: 96}, s)
	stats, err := decodeStats(statsBody(Stats{Software: 1 << 40, Hardware: 2}))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, Stats{Software: 1 << 40, Hardware: 2}, stats)

	wrong := func(typ uint16) []byte {
		return encode(func(e *netlink.AttributeEncoder) { e.Bytes(typ, make([]byte, 5)) })
	}
	for typ, name := range map[uint16]string{attributeMode: "ALERT_MODE", attributeTruncate: "TRUNC_LEN", attributeQueue: "QUEUE_LEN"} {
		if _, err := decodeSettings(wrong(typ)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for typ, name := range map[uint16]string{attributeStats: "attribute STATS", attributeHWStats: "attribute HW_STATS"} {
		if _, err := decodeStats(wrong(typ)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDecodeFamilyIncomplete(t *testing.T) {
	body := newKernel(t).family()
	if _, err := decodeFamily(body); err != nil {
		t.Fatal(err)
	}
	if _, err := decodeFamily(body[:8]); err == nil || !strings.Contains(err.Error(), "no number") {
		t.Errorf("without group: %v", err)
	}
	if _, err := decodeFamily(body[:len(body)-4]); err == nil {
		t.Error("cut: no error")
	}
}
