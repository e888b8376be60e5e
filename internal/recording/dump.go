package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcap"
	"dropwatch/internal/netdm"
)

// A dump reads what dwdump has written: messages of the kernel's drop monitor.
type dump struct {
	source  *Source
	records *pcap.Reader
	saved   netdm.Saved
	waiting []dropmon.Drop // of a summary
	broken  int            // messages
	names   map[string]string
}

const (
	cooked          = 16 // bytes before each message
	protocolGeneric = 16
)

func openDump(r io.Reader, s *Source) (feed, error) {
	records, err := pcap.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if link := records.LinkType(); link != pcap.LinkNetlink {
		return nil, fmt.Errorf("%w: a capture of packets (link type %d), which does not tell why they were dropped", ErrForeign, link)
	}
	order := records.ByteOrder()
	if order.Uint16([]byte{1, 0}) != binary.NativeEndian.Uint16([]byte{1, 0}) {
		return nil, errors.New("read recording: messages of a host with another byte order can be replayed only on such a host")
	}
	s.head.Source = "netdm"
	s.tells = dropmon.ByReason | dropmon.ByLocation | dropmon.ByProtocol | dropmon.ByFlow
	s.more = append(s.more, "a capture of the drop monitor tells neither its host nor what it missed")
	return &dump{source: s, records: records, names: make(map[string]string)}, nil
}

func (f *dump) next(d *dropmon.Drop) error {
	for {
		if len(f.waiting) > 0 {
			*d = f.waiting[0]
			f.waiting = f.waiting[1:]
			return nil
		}
		record, err := f.records.Next()
		if err != nil {
			return f.over(err)
		}
		when := time.Unix(0, record.Time).UTC()
		if f.source.head.From.IsZero() {
			f.source.head.From = when
		}
		f.source.seen(when)
		if len(record.Data) < cooked || binary.BigEndian.Uint16(record.Data[cooked-2:]) != protocolGeneric {
			continue
		}
		alert, err := f.saved.Decode(record.Data[cooked:])
		if err != nil {
			f.broken++
			continue
		}
		if alert != nil && f.take(alert, when, d) {
			return nil
		}
	}
}

func (f *dump) over(err error) error {
	if errors.Is(err, pcap.ErrTruncated) {
		err = fmt.Errorf("%w (%w)", errCut, err)
	}
	if !f.saved.Known() {
		return fmt.Errorf("%w: it has no description of the drop monitor's messages", ErrForeign)
	}
	if f.broken > 0 {
		f.source.more = append(f.source.more, fmt.Sprintf("%d messages could not be decoded", f.broken))
	}
	return err
}

// take makes drops of an alert, and tells whether there is one now.
func (f *dump) take(a *netdm.Alert, when time.Time, d *dropmon.Drop) bool {
	if a.Mode == netdm.Packets {
		f.packet(&a.Packet, when, d)
		return f.source.wanted.has(d)
	}
	f.source.now.Missed.AtLeast = f.source.now.Missed.AtLeast || a.Full()
	f.waiting = f.waiting[:0]
	add := func(d dropmon.Drop, count uint32) {
		d.Packets, d.Buffers, d.First, d.Last = uint64(count), uint64(count), when, when
		d.Reason.Code = dropmon.NoReason
		if f.source.wanted.has(&d) {
			f.waiting = append(f.waiting, d)
		}
	}
	for _, hit := range a.Hits {
		if hit.Location == 0 { // what a device says it dropped, in its own statistics
			add(dropmon.Drop{Origin: dropmon.Hardware, Trap: dropmon.Trap{Group: "device", Name: "rx_dropped"}}, hit.Count)
			continue
		}
		add(dropmon.Drop{Location: hit.Location}, hit.Count)
	}
	for _, hit := range a.Traps {
		add(dropmon.Drop{Origin: dropmon.Hardware, Trap: dropmon.Trap{Name: f.text(hit.Trap)}}, hit.Count)
	}
	return false
}

// packet is what the source netdm makes of an alert.
func (f *dump) packet(p *netdm.Packet, when time.Time, d *dropmon.Drop) {
	if !p.Time.IsZero() && sane(p.Time) {
		when = p.Time.UTC()
	}
	*d = dropmon.Drop{
		Packets: 1, Buffers: 1, First: when, Last: when, Location: p.Location,
		Reason:    dropmon.Reason{Code: dropmon.NoReason, Name: f.text(p.Reason)},
		Trap:      dropmon.Trap{Group: f.text(p.TrapGroup), Name: f.text(p.Trap), Cookie: string(p.Cookie)},
		Interface: dropmon.Interface{Index: p.Interface, Name: f.text(p.InterfaceName)},
		Protocol:  p.Protocol, Length: p.Length, Packet: p.Payload,
	}
	if p.Origin == netdm.Hardware {
		d.Origin = dropmon.Hardware
	}
	if p.Location != 0 {
		if symbol, ok := parseSymbol(f.text(p.Symbol), p.Location); ok {
			f.source.name(p.Location, symbol)
		}
	}
	frame := dropmon.ParseFrame(p.Payload)
	network := p.Payload[frame.LinkLength:]
	d.LinkLength = frame.LinkLength
	d.Length -= min(d.Length, uint32(frame.LinkLength))
	d.Bytes = uint64(d.Length)
	d.Flow = dropmon.ParseFlow(network, p.Protocol)
	d.Transport, d.Flags = dropmon.ParseTransport(network, p.Protocol)
	d.Flags |= frame.Flags
}

// maxNames bounds what is remembered of texts.
const maxNames = 4096

// text keeps one copy of each text, fit to be printed.
func (f *dump) text(name []byte) string {
	if known, ok := f.names[string(name)]; ok {
		return known
	}
	text := printed(string(name))
	if len(f.names) < maxNames {
		f.names[string(name)] = text
	}
	return text
}
