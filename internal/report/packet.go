package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// PacketSchema names the form of a Packet in JSON.
const PacketSchema = "dropwatch.packet.v1"

// A Packet is one dropped packet.
type Packet struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	Drop
	Length uint32 `json:"length"`
	CPU    int    `json:"cpu"`
	// Data holds the bytes of the packet as far as they were kept, base64 in JSON.
	Data []byte `json:"data,omitempty"`
	// Link tells whether Data begins with a link-layer header.
	Link bool `json:"link,omitempty"`
}

// lineRoom is enough for most packets.
const lineRoom = 1024

// WriteLine writes the packet as one line of JSON.
func (p *Packet) WriteLine(w io.Writer) error {
	line, err := p.appendJSON(make([]byte, 0, lineRoom))
	if err != nil {
		return fmt.Errorf("encode packet: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Packet writes a packet in two lines: when, why and who; where and whose if
// that is known.
func (t Text) Packet(w io.Writer, p *Packet) error {
	var b bytes.Buffer
	b.WriteString(p.Time.Local().Format("15:04:05.000000"))
	b.WriteByte(' ')
	b.WriteString(t.class(p.Class))
	fmt.Fprintf(&b, " %s", p.Why())
	if p.Flow != nil {
		fmt.Fprintf(&b, "  %s > %s", p.Flow.Source, p.Flow.Destination)
	}
	fmt.Fprintf(&b, "  %d bytes", p.Length)
	if p.Packets > 1 {
		fmt.Fprintf(&b, " in %d segments", p.Packets)
	}
	b.WriteByte('\n')
	rest := nonEmpty(p.Where())
	if p.Process != nil {
		rest = append(rest, p.Process.String())
	}
	if len(rest) > 0 {
		fmt.Fprintf(&b, "    %s\n", strings.Join(rest, ", "))
	}
	_, err := w.Write(b.Bytes())
	return err
}
