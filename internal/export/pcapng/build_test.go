package pcapng

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// A builder makes files in either byte order, apart from the writer.
type builder struct {
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
	b []byte
}

func (f *builder) n16(n uint16) []byte { return f.order.AppendUint16(nil, n) }
func (f *builder) n32(n uint32) []byte { return f.order.AppendUint32(nil, n) }
func (f *builder) n64(n uint64) []byte { return f.order.AppendUint64(nil, n) }

// ticks is a time, the higher half first.
func (f *builder) ticks(n uint64) []byte {
	return append(f.n32(uint32(n>>32)), f.n32(uint32(n))...)
}

func (f *builder) block(kind uint32, parts ...[]byte) *builder {
	body := slices.Concat(parts...)
	body = append(body, make([]byte, -len(body)&3)...)
	length := f.n32(uint32(len(body) + 12))
	f.b = slices.Concat(f.b, f.n32(kind), length, body, length)
	return f
}

func (f *builder) option(code uint16, value []byte) []byte {
	return slices.Concat(f.n16(code), f.n16(uint16(len(value))), value, make([]byte, -len(value)&3))
}

func (f *builder) text(code uint16, value string) []byte { return f.option(code, []byte(value)) }

func (f *builder) section(options ...[]byte) *builder {
	unknown := f.n64(1<<64 - 1)
	return f.block(0x0A0D0D0A, f.n32(0x1A2B3C4D), f.n16(1), f.n16(0), unknown, slices.Concat(options...))
}

func (f *builder) device(link uint16, snap uint32, options ...[]byte) *builder {
	return f.block(1, f.n16(link), f.n16(0), f.n32(snap), slices.Concat(options...))
}

func (f *builder) packet(id uint32, ticks uint64, data string, length uint32, options ...[]byte) *builder {
	pad := make([]byte, -len(data)&3)
	return f.block(6, f.n32(id), f.ticks(ticks), f.n32(uint32(len(data))), f.n32(length), []byte(data), pad, slices.Concat(options...))
}

// copied is a block that lives on.
func copied(b Block) Block {
	switch b := b.(type) {
	case *Packet:
		p := *b
		p.Data, p.Comment = slices.Clone(b.Data), slices.Clone(b.Comment)
		return &p
	case *Local:
		return &Local{Kind: b.Kind, Payload: slices.Clone(b.Payload)}
	}
	return b
}

// readAll gives what could be read, and an error other than io.EOF.
func readAll(r io.Reader) ([]Block, error) {
	var all []Block
	for n := NewReader(r); ; {
		b, err := n.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, copied(b))
	}
}

// writeAll writes blocks as they were read.
func writeAll(w io.Writer, all []Block) error {
	var n *Writer
	for _, b := range all {
		var err error
		switch b := b.(type) {
		case *Section:
			if n != nil {
				err = n.Flush()
			}
			if err == nil {
				n, err = NewWriter(w, *b)
			}
		case *Interface:
			var id uint32
			if id, err = n.AddInterface(*b); err == nil && id != b.ID {
				err = errors.New("interface has another number")
			}
		case *Packet:
			err = n.WritePacket(b)
		case *Local:
			err = n.WriteLocal(b.Kind, b.Payload)
		case *Statistics:
			err = n.WriteStatistics(b)
		}
		if err != nil {
			return err
		}
	}
	if n == nil {
		return nil
	}
	return n.Flush()
}

func letters(r *rand.Rand, most int) string {
	b := make([]rune, r.IntN(most+1))
	for i := range b {
		b[i] = []rune("aZ 9é\n€\U0001F4A7")[r.IntN(8)]
	}
	return string(b)
}

func octets(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func maybe(r *rand.Rand) *uint64 {
	if r.IntN(2) == 0 {
		return nil
	}
	return new(r.Uint64())
}

func moment(r *rand.Rand) time.Time {
	if r.IntN(3) == 0 {
		return time.Time{}
	}
	return time.Unix(0, r.Int64())
}

// randomSection makes blocks as the reader would give them.
func randomSection(r *rand.Rand) []Block {
	s := &Section{Hardware: letters(r, 9), OS: letters(r, 9), Application: letters(r, 9)}
	for range r.IntN(3) {
		s.Comments = append(s.Comments, "c"+letters(r, 30))
	}
	all := []Block{s}
	count := uint32(0)
	for range r.IntN(60) {
		kind := r.IntN(6)
		if count == 0 && kind > 1 {
			kind = r.IntN(2)
		}
		switch kind {
		case 0:
			all = append(all, &Interface{
				ID: count, Name: letters(r, 16), Description: letters(r, 50), Hardware: letters(r, 9), OS: letters(r, 9),
				LinkType: uint16(r.Uint32()), Snap: r.Uint32(),
			})
			count++
		case 1:
			all = append(all, &Local{Kind: r.Uint32(), Payload: octets(r, 200)})
		case 2:
			all = append(all, &Statistics{
				Interface: r.Uint32N(count), Start: moment(r), End: moment(r),
				Received: maybe(r), Dropped: maybe(r), OSDropped: maybe(r), Comment: letters(r, 40),
			})
		default:
			data := octets(r, 300)
			all = append(all, &Packet{
				Interface: r.Uint32N(count), Time: r.Int64(), Length: uint32(len(data)) + r.Uint32N(2000),
				Row: r.Uint32() >> r.IntN(33), Data: data, Comment: []byte(letters(r, 60)),
			})
		}
	}
	return all
}
