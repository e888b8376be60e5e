package console

import (
	"bytes"
	"encoding/binary"
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
// packet mode; what it does not know follows in lines of its own.
func writeClassicPacket(w io.Writer, p *report.Packet, link int, trunc uint32) error {
	var b bytes.Buffer
	if l := p.Location; l != nil {
		name := l.Address
		if l.Symbol != "" {
			name = fmt.Sprintf("%s+0x%x/0x%x", l.Symbol, l.Offset, l.Size)
		}
		fmt.Fprintf(&b, "drop at: %s (%s)\n", name, l.Address)
	}
	fmt.Fprintf(&b, "origin: %s\n", p.Origin)
	if p.Interface != nil {
		fmt.Fprintf(&b, "input port ifindex: %d\n", p.Interface.Index)
	}
	t := p.Time.Local()
	fmt.Fprintf(&b, "timestamp: %s %09d nsec\n", t.Format("Mon Jan _2 15:04:05 2006"), t.Nanosecond())
	original := p.Length + uint32(link)
	length := original
	if trunc > 0 {
		length = min(length, trunc)
	}
	if code, ok := etherType(p.Data, link, p.Protocol); ok {
		fmt.Fprintf(&b, "protocol: 0x%x\n", code)
	}
	fmt.Fprintf(&b, "length: %d\noriginal length: %d\n", length, original)
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

// etherType is the number that the kernel gave the packet; of the names only
// the two most frequent stand for one.
func etherType(data []byte, link int, name string) (uint16, bool) {
	switch name {
	case "":
		return 0, false
	case "IPv4":
		return 0x800, true
	case "IPv6":
		return 0x86dd, true
	}
	if link < 14 || len(data) < link {
		return 0, false
	}
	return binary.BigEndian.Uint16(data[link-2:]), true
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
