package console

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

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

// classicPackets writes a block for each packet, as the C program does in its
// packet mode; what it does not know follows in lines of its own. Thousands come
// in a second, so a block is put together without fmt.
type classicPackets struct {
	block  []byte
	second int64  // that stamp is of
	stamp  []byte // time of the last packet, down to the second
}

// write writes the block. Link is the length of the link-layer header in the
// packet's bytes.
func (c *classicPackets) write(w io.Writer, p *report.Packet, link int) error {
	b := appendPlace(c.block[:0], &p.Drop)
	b = appendLine(b, "origin: ", p.Origin)
	b = appendPort(b, &p.Drop)
	b = c.appendTime(b, p.Time)
	if p.EtherType != 0 {
		b = append(appendHex(append(b, "protocol: "...), uint64(p.EtherType)), '\n')
	}
	b = appendNumber(b, "length: ", uint64(len(p.Data)))
	b = appendNumber(b, "original length: ", uint64(p.Length)+uint64(link))
	b = appendLine(b, "drop reason: ", p.Reason)
	b = appendLine(b, "class: ", p.Class)
	b = appendLine(b, "place: ", place(&p.Drop))
	if f := p.Flow; f != nil {
		b = append(append(append(b, "flow: "...), f.Source...), " > "...)
		b = append(append(b, f.Destination...), '\n')
	}
	b = appendLine(b, "process: ", process(&p.Drop))
	c.block = append(b, '\n')
	_, err := w.Write(c.block)
	return err
}

// appendTime makes the text anew only for a new second.
func (c *classicPackets) appendTime(b []byte, t time.Time) []byte {
	if second := t.Unix(); second != c.second || c.stamp == nil {
		c.second = second
		c.stamp = t.Local().AppendFormat(append(c.stamp[:0], "timestamp: "...), "Mon Jan _2 15:04:05 2006 ")
	}
	return append(appendPadded(append(b, c.stamp...), t.Nanosecond()), " nsec\n"...)
}

// appendLine appends a line unless there is nothing to tell.
func appendLine(b []byte, label, text string) []byte {
	if text == "" {
		return b
	}
	return append(append(append(b, label...), text...), '\n')
}

func appendNumber(b []byte, label string, n uint64) []byte {
	return append(strconv.AppendUint(append(b, label...), n, 10), '\n')
}

func appendHex(b []byte, n uint64) []byte {
	return strconv.AppendUint(append(b, "0x"...), n, 16)
}

// appendPadded appends nanoseconds with their leading zeros.
func appendPadded(b []byte, n int) []byte {
	digits := strconv.Itoa(n + 1e9)
	return append(b, digits[1:]...)
}

// appendPlace appends where the drop was. The C program takes the kernel's
// text, which is cut at 39 bytes; ours is whole.
func appendPlace(b []byte, d *report.Drop) []byte {
	l := d.Location
	if d.Trap == nil && l == nil {
		return b
	}
	b = append(b, "drop at: "...)
	if d.Trap != nil {
		b = append(append(append(b, d.Trap.Name...), " ("...), d.Trap.Group...)
		return append(b, ")\n"...)
	}
	if l.Symbol == "" {
		b = append(b, l.Address...)
	} else {
		b = appendHex(append(append(b, l.Symbol...), '+'), l.Offset)
		b = appendHex(append(b, '/'), l.Size)
		if l.Module != "" {
			b = append(append(append(b, " ["...), l.Module...), ']')
		}
	}
	return append(append(append(b, " ("...), l.Address...), ")\n"...)
}

// appendPort appends where the packet came in. The name is given for hardware
// only: that of a software drop is not the kernel's but ours, and follows later
// with the namespace.
func appendPort(b []byte, d *report.Drop) []byte {
	if i := d.Interface; i != nil {
		if i.Index != 0 {
			b = appendNumber(b, "input port ifindex: ", uint64(i.Index))
		}
		if d.Trap != nil {
			b = appendLine(b, "input port name: ", i.Name)
		}
	}
	if d.Trap != nil {
		b = appendLine(b, "cookie: ", d.Trap.Cookie)
	}
	return b
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
