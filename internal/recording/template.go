package recording

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

// A template is a row of a file: a drop but for what each packet has of its own.
type template struct {
	known  bool
	wanted bool
	drop   dropmon.Drop
}

// row reads a row. A number may be given anew.
func (f *sections) row(payload []byte) error {
	var r row
	if err := decode("row of recording", payload, maxRow, &r); err != nil {
		return err
	}
	if r.Row == 0 || r.Row > maxRows {
		return fmt.Errorf("read row of recording: its number is %d, not from 1 to %d", r.Row, maxRows)
	}
	for int(r.Row) > len(f.rows) {
		f.rows = append(f.rows, template{})
	}
	t := template{known: true, drop: r.template()}
	t.wanted = f.source.wanted.has(&t.drop)
	if l := r.Location; l != nil && l.Address != 0 {
		f.source.name(l.Address, symbols.Symbol{
			Name: l.Symbol, Module: l.Module, Address: l.Address - l.Offset, Offset: l.Offset, Size: l.Size,
		})
	}
	f.rows[r.Row-1] = t
	return nil
}

func (r *row) template() dropmon.Drop {
	d := dropmon.Drop{
		Packets: r.Packets, Buffers: r.Buffers, LinkLength: max(r.Link, 0),
		Reason:   dropmon.Reason{Code: r.Code, Subsystem: r.Subsystem, Name: r.Reason},
		Protocol: r.Protocol, Transport: r.Transport, Flags: dropmon.Flags(r.Flags),
	}
	if r.Reason == "" {
		d.Reason.Code = dropmon.NoReason // the code means nothing here
	}
	if r.Hardware {
		d.Origin = dropmon.Hardware
	}
	if t := r.Trap; t != nil {
		cookie, _ := hex.DecodeString(t.Cookie) // as far as it is one
		d.Trap = dropmon.Trap{Group: t.Group, Name: t.Name, Cookie: string(cookie)}
	}
	if r.Location != nil {
		d.Location = r.Location.Address
	}
	n, i, p := orZero(r.NetNS), orZero(r.Interface), orZero(r.Process)
	d.NetNS = dropmon.NetNS{Inode: n.Inode, Name: n.Name}
	d.Interface = dropmon.Interface{Index: i.Index, Name: i.Name}
	d.Process = dropmon.Process{PID: p.PID, Name: p.Name}
	return d
}

func orZero[T report.NetNS | report.Interface | report.Process](p *T) T { return *cmp.Or(p, new(T)) }

// packet makes a drop of a packet, unless it is not wanted.
func (f *sections) packet(p *pcapng.Packet, d *dropmon.Drop) (wanted bool, err error) {
	index := int(p.Row&rowMask) - 1
	if index < 0 || index >= len(f.rows) || !f.rows[index].known {
		return true, fmt.Errorf("read packet of recording: its row %d is not in the file", index+1)
	}
	t := &f.rows[index]
	if !t.wanted {
		return false, nil
	}
	*d = t.drop
	d.First = time.Unix(0, max(p.Time, 0)).UTC()
	d.Last = d.First
	d.CPU = int(p.Row >> cpuShift)
	d.LinkLength = min(d.LinkLength, len(p.Data))
	d.Length = p.Length - min(p.Length, uint32(d.LinkLength))
	d.Bytes = uint64(d.Length)
	if len(p.Data) > 0 {
		d.Packet = p.Data
		d.Flow = dropmon.ParseFlow(p.Data[d.LinkLength:], d.Protocol)
	}
	return true, nil
}
