package pcapng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// FuzzReader has the reader read anything. What it takes is the same after it
// was written and read again.
func FuzzReader(f *testing.F) {
	for _, b := range orders() {
		b.section(b.text(2, "machine"), b.text(1, "one")).device(1, 100, b.text(2, "eth0"), b.option(9, []byte{0x8a}), b.option(14, b.n64(7)))
		b.packet(0, 1_500_000, "abcde", 9, b.text(1, "first"), b.option(0x8001, b.n32(77)))
		b.block(2, b.n16(0), b.n16(5), b.ticks(2_000_000), b.n32(2), b.n32(40), []byte("xy\x00\x00"), b.text(1, "old"))
		b.block(3, b.n32(3), []byte("abc\x00")).block(5, b.n32(0), b.ticks(0), b.option(3, b.ticks(1)), b.option(5, b.n64(4)))
		b.block(0x80000D0F, b.n32(3), b.n32(2), []byte("{}"))
		f.Add(b.b)
		f.Add(b.b[:len(b.b)-5])
	}
	f.Fuzz(func(t *testing.T, file []byte) { readAgain(t, file) })
}

// FuzzBlock has the reader decode anything within a block whose lengths are
// right.
func FuzzBlock(f *testing.F) {
	for _, b := range orders() {
		big := b.order.Uint16([]byte{0, 1}) == 1
		for _, file := range [][]byte{
			b.section(b.text(2, "machine"), b.text(1, "one")).b,
			(&builder{order: b.order}).device(1, 100, b.text(2, "eth0"), b.option(9, []byte{0x8a}), b.option(14, b.n64(7))).b,
			(&builder{order: b.order}).packet(0, 1_500_000, "abcde", 9, b.text(1, "first"), b.option(0x8001, b.n32(77))).b,
			(&builder{order: b.order}).block(2, b.n16(0), b.n16(5), b.ticks(2_000_000), b.n32(2), b.n32(40), []byte("xy\x00\x00"), b.text(1, "old")).b,
			(&builder{order: b.order}).block(3, b.n32(3), []byte("abc\x00")).b,
			(&builder{order: b.order}).block(5, b.n32(0), b.ticks(0), b.option(3, b.ticks(1)), b.option(5, b.n64(4))).b,
			(&builder{order: b.order}).block(0x80000D0F, b.n32(3), b.n32(2), []byte("{}")).b,
		} {
			f.Add(big, b.order.Uint32(file), file[8:len(file)-4])
		}
	}
	f.Fuzz(func(t *testing.T, big bool, kind uint32, body []byte) {
		b := &builder{order: binary.LittleEndian}
		if big {
			b.order = binary.BigEndian
		}
		b.section().device(1, 100, b.option(14, b.n64(1)))
		readAgain(t, b.block(kind, body).packet(0, 0, "x", 1).b)
	})
}

func readAgain(t *testing.T, file []byte) {
	t.Helper()
	all, err := readAll(bytes.NewReader(file))
	if len(all) == 0 {
		return
	}
	if errors.Is(err, ErrFormat) {
		t.Fatalf("%v, after blocks", err)
	}
	first := rewritten(t, all)
	if all, err = readAll(bytes.NewReader(first)); err != nil {
		t.Fatal(err)
	}
	if second := rewritten(t, all); !bytes.Equal(first, second) {
		t.Fatalf("written first\n%x\nand then\n%x", first, second)
	}
}

func rewritten(t *testing.T, all []Block) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeAll(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
