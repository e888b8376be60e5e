package recording

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/rotate"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// A fake delivers what a test wants to have been dropped.
type fake struct {
	drops []dropmon.Drop
	stats dropmon.Stats
}

func (f *fake) Name() string { return "fake" }
func (f *fake) Tells() dropmon.By {
	return dropmon.DefaultBy | dropmon.ByProcess | dropmon.ByFlow
}
func (f *fake) Notes() []string { return nil }
func (f *fake) Receive(_ time.Time, yield func(*dropmon.Drop)) error {
	for _, d := range f.drops {
		yield(&d)
	}
	f.drops = nil
	return nil
}
func (f *fake) Wake()                         {}
func (f *fake) Stop() error                   { return nil }
func (f *fake) Stats() (dropmon.Stats, error) { return f.stats, nil }
func (f *fake) Close() error                  { return nil }

// release is in the function that frees pieces of packets.
const release = 0xffffffff82000010

// kernel prints symbols of addresses.
func kernel(address uint64) (string, error) {
	if address < 0xffffffff81000000 {
		return fmt.Sprintf("0x%x", address), nil
	}
	if address>>12 == release>>12 {
		return fmt.Sprintf("skb_release_data+0x%x/0x1000", address&0xfff), nil
	}
	if address > 0xffffffffc0000000 {
		return fmt.Sprintf("nf_%x+0x%x/0x1000 [nf_tables]", address>>12, address&0xfff), nil
	}
	return fmt.Sprintf("udp_%x+0x%x/0x1000", address>>12, address&0xfff), nil
}

func openFake(t testing.TB, f *fake) *session.Session {
	t.Helper()
	s, err := session.OpenOn(f, symbols.NewResolver(symbols.Config{Kernel: kernel}), session.Config{Packets: true, All: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ipv4 is a UDP datagram of some bytes, all headers included.
func ipv4(source uint16, length int) []byte {
	b := make([]byte, max(length, 28))
	b[0], b[9] = 0x45, 17
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(b[20:], source)
	binary.BigEndian.PutUint16(b[22:], 9)
	return b
}

var epoch = time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)

// packet is the i-th of those that a test drops.
func packet(i int) dropmon.Drop {
	network := ipv4(uint16(1000+i%7), 28+i%50)
	d := dropmon.Drop{
		Packets: 1, Buffers: 1, Bytes: uint64(len(network)),
		First: epoch.Add(time.Duration(i) * 10 * time.Millisecond), Last: epoch.Add(time.Duration(i) * 10 * time.Millisecond),
		Location: 0xffffffff81000010 + uint64(i%3)<<12, Reason: dropmon.Reason{Code: 3, Subsystem: "core", Name: "NO_SOCKET"},
		NetNS: dropmon.NetNS{Inode: 7, Name: "blue"}, Interface: dropmon.Interface{Index: 2, Name: "eth0"},
		Protocol: dropmon.EtherTypeIPv4, Transport: 17,
		Flow:   dropmon.Flow{Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(1000+i%7)), Destination: netip.MustParseAddrPort("10.0.0.2:9")},
		Length: uint32(len(network)), Packet: network, CPU: i % 4,
	}
	switch i % 10 {
	case 1: // with its Ethernet header
		d.Packet, d.LinkLength = append(make([]byte, 12), append([]byte{8, 0}, network...)...), 14
	case 2:
		d.Reason = dropmon.Reason{Code: 7, Subsystem: "core", Name: "NETFILTER_DROP"}
		d.Location = 0xffffffffc0000020
		d.NetNS, d.Interface = dropmon.NetNS{Inode: 8}, dropmon.Interface{Index: 3}
	case 3:
		d.Origin, d.Location, d.Reason = dropmon.Hardware, 0, dropmon.Reason{Code: dropmon.NoReason}
		d.Trap = dropmon.Trap{Group: "l3_drops", Name: "ttl_value_is_too_small", Cookie: "\x01\xff"}
		d.NetNS = dropmon.NetNS{}
	case 4: // merged
		d.Packets = 40
	case 5:
		d.Process = dropmon.Process{PID: 812 + i%2, Name: "dnsd"}
	case 6: // a message between processes: no network packet, and freed as usual
		d.Reason = dropmon.Reason{Code: 9, Subsystem: "core", Name: "NOT_SPECIFIED"}
		d.Protocol, d.Transport, d.Flow, d.Packet = 0, 0, dropmon.Flow{}, nil
		d.Location, d.Length, d.Bytes = 0xffffffff81009010, 0, 0
		d.Interface = dropmon.Interface{}
	case 7: // an address without a name, and a reason without one
		d.Location, d.Reason = 0x1234, dropmon.Reason{Code: dropmon.NoReason}
	case 8: // cut short, with flags that decide what it means
		d.Packet, d.Flags = network[:20], dropmon.FlagReset|dropmon.FlagMulticast
		d.Flow = dropmon.ParseFlow(d.Packet, d.Protocol)
	case 9:
		d.Location = release
	}
	return d
}

func dropped(n int) []dropmon.Drop {
	var list []dropmon.Drop
	for i := range n {
		list = append(list, packet(i))
	}
	return list
}

// A taken is what a recording of a fake was live.
type taken struct {
	file    []byte
	packets []string // as watch --packets --json prints them
	summary *report.Summary
	result  Result
}

// record records all that a fake delivers.
func record(t testing.TB, f *fake, c Config) taken {
	t.Helper()
	s := openFake(t, f)
	var out taken
	var file bytes.Buffer
	if c.Files.Path == "" {
		c.Files = rotate.Config{Path: "-", Stdout: &file}
	}
	r, err := Begin(s, c)
	if err != nil {
		t.Fatal(err)
	}
	take := func(e *session.Entry) {
		r.Take(e)
		if c.All || e.Class != dropmon.Benign {
			p := s.Packet(e)
			out.packets = append(out.packets, line(t, &p))
		}
	}
	if err := s.Receive(time.Now(), take); err != nil {
		t.Fatal(err)
	}
	r.Tick(time.Now())
	if err := s.Stop(take); err != nil {
		t.Fatal(err)
	}
	if out.result, err = r.End(); err != nil {
		t.Fatal(err)
	}
	s.ShowAll(c.All)
	if out.summary, err = s.Summary(); err != nil {
		t.Fatal(err)
	}
	out.file = file.Bytes()
	return out
}

func line(t testing.TB, p *report.Packet) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteLine(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func text(t testing.TB, r *report.Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A played is what became of a file.
type played struct {
	source  *Source
	packets []string
	summary *report.Summary
	err     error // of receiving
}

// play replays a file.
func play(t testing.TB, file []byte, o Options, c session.Config) played {
	t.Helper()
	source, err := Open(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	c.NetNS, c.Devices = o.NetNS, o.Devices
	s, err := session.OpenRecording(source.Session(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := played{source: source}
	p.err = s.Receive(time.Time{}, func(e *session.Entry) {
		v := s.Packet(e)
		p.packets = append(p.packets, line(t, &v))
	})
	if p.summary, err = s.SummaryOf(source.To()); err != nil {
		t.Fatal(err)
	}
	source.Complete(p.summary, View{By: c.By, All: c.All, Filter: c.Filter})
	return p
}
