package report

import (
	"bytes"
	"testing"
	"time"
)

// ruleDrop is what a device dropped for a tc rule.
func ruleDrop() Drop {
	return Drop{
		Packets: 28, Buffers: 28, Bytes: 3584, Class: "policy", Origin: "hardware",
		Trap:      &Trap{Group: "acl_drops", Name: "ingress_flow_action_drop", Cookie: "0a1b2c3d"},
		Interface: &Interface{Index: 4, Name: "swp1"},
		Protocol:  "IPv4", Transport: "UDP",
		Cause:  "A tc rule in the device says drop for what comes in there. The cookie names the rule, if its owner gave it one.",
		Advice: "`tc -s filter show dev DEV ingress` lists the rules; the cookie stands with the action (`tc -s actions ls action gact`).",
		First:  noon, Last: noon.Add(time.Second),
		Sample: &Sample{Source: "192.0.2.1:9355", Destination: "198.51.100.1:37277", Length: 128},
	}
}

func hardware() *Summary {
	s := nothing()
	s.Source = "ebpf+netdm"
	s.Total = Total{Packets: 31, Bytes: 3584, Lost: 31}
	// a coarse source tells a trap's name only
	coarse := Drop{Packets: 3, Buffers: 3, Class: "proto", Origin: "hardware", Trap: &Trap{Name: "ttl_value_is_too_small"}}
	s.Drops = []Drop{ruleDrop(), coarse}
	return s
}

func TestTrapGolden(t *testing.T) {
	p := &Packet{Schema: PacketSchema, Time: noon.Add(123456789), Drop: ruleDrop(), Length: 128, Data: []byte{0x45, 0}, Link: true}
	p.Drop.Packets, p.Drop.Buffers, p.Drop.Bytes, p.Sample = 1, 1, 128, nil
	p.First, p.Last = time.Time{}, time.Time{}
	p.Flow = &Flow{Source: "192.0.2.1:9355", Destination: "198.51.100.1:37277"}
	for name, f := range map[string]func(*bytes.Buffer) error{
		"trap-text":        func(b *bytes.Buffer) error { return Text{Advice: true}.Summary(b, hardware()) },
		"trap-lines":       func(b *bytes.Buffer) error { return Text{}.Lines(b, hardware()) },
		"trap-packet":      func(b *bytes.Buffer) error { return Text{}.Packet(b, p) },
		"trap-json":        func(b *bytes.Buffer) error { return hardware().WriteJSON(b) },
		"trap-packet-json": func(b *bytes.Buffer) error { return p.WriteLine(b) },
	} {
		golden(t, name, inUTC(t, f))
	}
}

// inUTC writes as a reader in London would see it in winter: lines show the
// reader's own time.
func inUTC(t *testing.T, f func(*bytes.Buffer) error) []byte {
	t.Helper()
	zone := time.Local
	time.Local = time.UTC
	defer func() { time.Local = zone }()
	return write(t, f)
}

// Group, trap, port and cookie are in everything that is printed.
func TestTrapIsWhole(t *testing.T) {
	s := nothing()
	s.Drops = []Drop{ruleDrop()}
	for name, text := range map[string][]byte{
		"summary": write(t, func(b *bytes.Buffer) error { return Text{}.Summary(b, s) }),
		"lines":   write(t, func(b *bytes.Buffer) error { return Text{}.Lines(b, s) }),
		"packet":  write(t, func(b *bytes.Buffer) error { return Text{}.Packet(b, &Packet{Drop: ruleDrop()}) }),
		"json":    write(t, func(b *bytes.Buffer) error { return s.WriteJSON(b) }),
		"object":  write(t, func(b *bytes.Buffer) error { return s.WriteLine(b) }),
	} {
		for _, want := range []string{"ingress_flow_action_drop", "acl_drops", "swp1", "0a1b2c3d"} {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("%s has no %s:\n%s", name, want, text)
			}
		}
	}
}
