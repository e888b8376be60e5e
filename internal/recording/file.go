package recording

import (
	"encoding/json"
	"fmt"
	"time"

	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

// A file is one file of a recording, which can be played without the others.
type file struct {
	w       *pcapng.Writer
	snap    uint32
	from    time.Time
	cache   cache
	places  map[place]*device
	devices []*device

	before counts // of all files so far, when this one began
	told   counts // last
	spare  pcapng.Packet
}

// newFile writes what a file begins with.
func newFile(w *pcapng.Writer, h head, before counts) (*file, error) {
	f := &file{w: w, snap: h.Snap, from: h.From, places: make(map[place]*device), before: before}
	return f, f.local(kindHead, h)
}

func (f *file) local(kind uint32, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode recording: %w", err)
	}
	return f.w.WriteLocal(kind, text)
}

// packet adds a packet. Once its row is there it allocates nothing.
func (f *file) packet(s *session.Session, e *session.Entry) error {
	k := f.cache.find(e)
	if k == nil {
		var err error
		if k, err = f.row(s, e); err != nil {
			return err
		}
	}
	*k.received++
	f.spare = pcapng.Packet{
		Interface: k.device, Time: e.Last.UnixNano(), Length: e.Length + uint32(e.LinkLength),
		Row: k.index | uint32(e.CPU)<<cpuShift, Data: e.Packet, Comment: k.comment,
	}
	return f.w.WritePacket(&f.spare)
}

// row writes what a packet needs that is the first of its kind.
func (f *file) row(s *session.Session, e *session.Entry) (*known, error) {
	d, err := f.device(placeOf(e))
	if err != nil {
		return nil, err
	}
	p := s.Packet(e)
	k := &known{key: keyOf(e), device: d.number, received: &d.received, comment: []byte(comment(&p.Drop))}
	f.cache.add(k)
	return k, f.local(kindRow, rowOf(k.index, e))
}

func (f *file) device(p place) (*device, error) {
	if d := f.places[p]; d != nil {
		return d, nil
	}
	if len(f.devices) >= maxDevices {
		p = p.others()
		if d := f.places[p]; d != nil {
			return d, nil
		}
	}
	number, err := f.w.AddInterface(p.describe(f.snap))
	if err != nil {
		return nil, err
	}
	d := &device{number: number}
	f.places[p] = d
	f.devices = append(f.devices, d)
	return d, nil
}

// counts writes what has changed since it was told last.
func (f *file) counts(total counts) error {
	now := total.since(&f.before)
	now.At = f.told.At
	if now == f.told {
		return nil
	}
	now.At = total.At
	f.told = now
	return f.local(kindCounts, now)
}

// end completes the file. The summary is for the last one.
func (f *file) end(total counts, more bool, summary *report.Summary) error {
	e := end{counts: total.since(&f.before), More: more, Summary: summary}
	if err := f.local(kindEnd, e); err != nil {
		return err
	}
	if err := f.statistics(&e.counts); err != nil {
		return err
	}
	return f.w.Flush()
}

// statistics are for other programs. What was missed is of no interface; it is
// told with the first.
func (f *file) statistics(c *counts) error {
	if len(f.devices) == 0 {
		// a file without any interface is no capture for some programs
		if _, err := f.device(place{link: linkEthernet}); err != nil {
			return err
		}
	}
	for i, d := range f.devices {
		s := pcapng.Statistics{Interface: d.number, Start: f.from, End: c.At, Received: &d.received}
		if i == 0 {
			ours := c.Missed.Packets + c.Missed.Limited
			s.Dropped, s.OSDropped = &ours, &c.Missed.Events
			s.Comment = "missed on all interfaces: nothing"
			if c.Missed.Any() {
				s.Comment = "missed on all interfaces: " + c.Missed.String()
			}
		}
		if err := f.w.WriteStatistics(&s); err != nil {
			return err
		}
	}
	return nil
}

// since is what came after another count.
func (c counts) since(before *counts) counts {
	c.Packets -= before.Packets
	c.Benign -= before.Benign
	c.BenignBytes -= before.BenignBytes
	c.Fragments -= before.Fragments
	m, old := &c.Missed, &before.Missed
	m.Events -= old.Events
	m.Packets -= old.Packets
	m.Limited -= old.Limited
	m.Unkeyed -= old.Unkeyed
	m.AtLeast = m.AtLeast && !old.AtLeast
	return c
}
