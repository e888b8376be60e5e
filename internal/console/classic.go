package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"dropwatch/internal/report"
)

// Formats of the drops that are printed while watching.
const (
	formatClassic = "classic" // the lines of the C program, with more at their end
	formatText    = "text"
	formatJSON    = "json"
)

var formats = []string{formatClassic, formatText, formatJSON}

// writeClassicLines writes a line for each row, as the C program does in its
// summary mode; what it does not know stands at the end.
func writeClassicLines(w io.Writer, r *report.Summary) error {
	var b bytes.Buffer
	for i := range r.Drops {
		d := &r.Drops[i]
		switch l := d.Location; {
		case d.Other:
			fmt.Fprintf(&b, "%d drops of other kinds [%s]\n", d.Packets, d.Origin)
			continue
		case d.Trap != nil:
			fmt.Fprintf(&b, "%d drops at %s [%s]", d.Packets, d.Trap.Name, d.Origin)
		case l == nil:
			fmt.Fprintf(&b, "%d drops [%s]", d.Packets, d.Origin)
		case l.Symbol == "":
			fmt.Fprintf(&b, "%d drops at location %s [%s]", d.Packets, l.Address, d.Origin)
		default:
			fmt.Fprintf(&b, "%d drops at %s+%x (%s) [%s]", d.Packets, l.Symbol, l.Offset, l.Address, d.Origin)
		}
		for _, more := range []string{d.Reason, d.Class, place(d), strings.TrimSpace(d.Protocol + " " + d.Transport), process(d)} {
			if more != "" {
				b.WriteString(" " + more)
			}
		}
		b.WriteByte('\n')
	}
	if r.Missed.Any() {
		fmt.Fprintf(&b, "missed: %s\n", r.Missed)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeClassicPacket writes a block for a packet, as the C program does in its
// packet mode; what it does not know follows in lines of its own. Link is the
// length of the link-layer header in the packet's bytes.
func writeClassicPacket(w io.Writer, p *report.Packet, link int) error {
	var b bytes.Buffer
	if at := classicPlace(&p.Drop); at != "" {
		fmt.Fprintf(&b, "drop at: %s\n", at)
	}
	fmt.Fprintf(&b, "origin: %s\n", p.Origin)
	classicPort(&b, &p.Drop)
	t := p.Time.Local()
	fmt.Fprintf(&b, "timestamp: %s %09d nsec\n", t.Format("Mon Jan _2 15:04:05 2006"), t.Nanosecond())
	if p.EtherType != 0 {
		fmt.Fprintf(&b, "protocol: 0x%x\n", p.EtherType)
	}
	fmt.Fprintf(&b, "length: %d\noriginal length: %d\n", len(p.Data), p.Length+uint32(link))
	if p.Reason != "" {
		fmt.Fprintf(&b, "drop reason: %s\n", p.Reason)
	}
	for _, line := range []struct{ label, text string }{
		{"class", p.Class}, {"place", place(&p.Drop)}, {"flow", flow(p.Flow)}, {"process", process(&p.Drop)},
	} {
		if line.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", line.label, line.text)
		}
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// classicPlace is what stands behind "drop at:". The C program takes the
// kernel's text, which is cut at 39 bytes; ours is whole.
func classicPlace(d *report.Drop) string {
	switch l := d.Location; {
	case d.Trap != nil:
		return fmt.Sprintf("%s (%s)", d.Trap.Name, d.Trap.Group)
	case l == nil:
		return ""
	case l.Symbol == "":
		return fmt.Sprintf("%s (%s)", l.Address, l.Address)
	default:
		name := fmt.Sprintf("%s+0x%x/0x%x", l.Symbol, l.Offset, l.Size)
		if l.Module != "" {
			name += " [" + l.Module + "]"
		}
		return fmt.Sprintf("%s (%s)", name, l.Address)
	}
}

// classicPort writes where the packet came in. The name is given for hardware
// only: that of a software drop is not the kernel's but ours, and follows later
// with the namespace.
func classicPort(b *bytes.Buffer, d *report.Drop) {
	if i := d.Interface; i != nil {
		if i.Index != 0 {
			fmt.Fprintf(b, "input port ifindex: %d\n", i.Index)
		}
		if i.Name != "" && d.Trap != nil {
			fmt.Fprintf(b, "input port name: %s\n", i.Name)
		}
	}
	if d.Trap != nil && d.Trap.Cookie != "" {
		fmt.Fprintf(b, "cookie: %s\n", d.Trap.Cookie)
	}
}

func place(d *report.Drop) string {
	var parts []string
	if d.NetNS != nil {
		parts = append(parts, d.NetNS.String())
	}
	if d.Interface != nil {
		parts = append(parts, d.Interface.String())
	}
	return strings.Join(parts, ":")
}

func process(d *report.Drop) string {
	if d.Process == nil {
		return ""
	}
	return d.Process.String()
}

func flow(f *report.Flow) string {
	if f == nil {
		return ""
	}
	return f.Source + " > " + f.Destination
}
