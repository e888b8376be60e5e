package pcapng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func orders() []*builder {
	return []*builder{{order: binary.LittleEndian}, {order: binary.BigEndian}}
}

// TestForeign reads what the writer does not write.
func TestForeign(t *testing.T) {
	for _, f := range orders() {
		f.section(f.text(2, "machine"), f.text(0x8999, "unknown"), f.text(1, "one"), f.text(1, "two"), f.text(0, ""), []byte("junk after the end of options..."))
		f.block(0x80000001, []byte("somebody's own"))
		f.device(1, 100, f.text(2, "eth0"), f.text(9, "12"), f.option(14, f.n64(7))) // resolution and offset, one of them malformed
		f.device(101, 0, f.option(9, []byte{0x8a}), f.option(14, f.n64(math.MaxUint64-59)))
		f.block(4, f.n32(0)) // names
		f.packet(0, 1_500_000, "abcde", 9, f.text(3, "hash"), f.text(1, "first"), f.text(1, "second"), f.option(0x8001, f.n32(77)), f.option(2, f.n32(1)))
		f.packet(1, 1<<10*1000+512, "", 0)
		f.block(2, f.n16(0), f.n16(5), f.ticks(2_000_000), f.n32(2), f.n32(40), []byte("xy\x00\x00"), f.text(1, "old"))
		f.block(3, f.n32(3), []byte("abc\x00"))
		f.block(3, f.n32(200), make([]byte, 100))
		f.block(5, f.n32(1), f.ticks(0), f.option(3, f.ticks(1<<10*61)), f.option(5, f.n64(4)), f.option(7, f.n32(4)), f.text(1, "s"), f.text(1, "t"))
		f.block(0x80000D0F, f.n32(3), f.n32(2), []byte("{}"))
		f.section()
		f.device(1, 0)
		f.packet(0, 1, "z", 1)
		want := []Block{
			&Section{Hardware: "machine", Comments: []string{"one", "two"}},
			&Interface{Name: "eth0", LinkType: 1, Snap: 100},
			&Interface{ID: 1, LinkType: 101},
			&Packet{Time: 8_500_000_000, Length: 9, Row: 77, Data: []byte("abcde"), Comment: []byte("first")},
			&Packet{Interface: 1, Time: 940_500_000_000},
			&Packet{Time: 9_000_000_000, Length: 40, Data: []byte("xy"), Comment: []byte("old")},
			&Packet{Length: 3, Data: []byte("abc")},
			&Packet{Length: 200, Data: make([]byte, 100)},
			&Statistics{Interface: 1, End: time.Unix(1, 0), Dropped: new(uint64(4)), Comment: "s"},
			&Local{Kind: 3, Payload: []byte("{}")},
			&Section{},
			&Interface{LinkType: 1},
			&Packet{Time: 1000, Length: 1, Data: []byte("z")},
		}
		got, err := readAll(iotest.OneByteReader(bytes.NewReader(f.b)))
		if diff := cmp.Diff(want, got, same); err != nil || diff != "" {
			t.Errorf("%v: %v (-want +got)\n%s", f.order, err, diff)
		}
	}
}

// TestOrderChanges reads one section after another of the other byte order.
func TestOrderChanges(t *testing.T) {
	var file []byte
	for _, f := range orders() {
		file = append(file, f.section(f.text(4, "x")).device(1, 0).packet(0, 5, "ab", 3).b...)
	}
	all, err := readAll(bytes.NewReader(file))
	if err != nil || len(all) != 6 {
		t.Fatalf("%d blocks, %v", len(all), err)
	}
	if diff := cmp.Diff(all[:3], all[3:], same); diff != "" {
		t.Error(diff)
	}
}

// TestTruncated cuts a file at every byte.
func TestTruncated(t *testing.T) {
	file := goldenFile(orders()[0])
	whole := map[int]int{} // blocks by where they end
	for at := 0; at < len(file); {
		at += int(binary.LittleEndian.Uint32(file[at+4:]))
		whole[at] = len(whole) + 1
	}
	if len(whole) != len(goldenBlocks()) {
		t.Fatalf("%d blocks", len(whole))
	}
	blocks := 0
	for end := range len(file) {
		all, err := readAll(bytes.NewReader(file[:end]))
		if n, is := whole[end]; is {
			blocks = n
			if err != nil {
				t.Errorf("at %d: %v", end, err)
			}
		} else if !errors.Is(err, ErrTruncated) {
			t.Errorf("at %d: %v", end, err)
		}
		if len(all) != blocks {
			t.Errorf("at %d: %d blocks, want %d", end, len(all), blocks)
		}
	}
	end := len(file) - 3
	_, err := readAll(bytes.NewReader(file[:end]))
	if want := "recording is cut off at byte "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

func TestCorrupt(t *testing.T) {
	for _, f := range orders() {
		start := f.section().device(1, 0).b
		with := func(kind uint32, parts ...[]byte) []byte {
			return (&builder{order: f.order, b: bytes.Clone(start)}).block(kind, parts...).b
		}
		raw := func(numbers ...uint32) []byte {
			b := bytes.Clone(start)
			for _, n := range numbers {
				b = append(b, f.n32(n)...)
			}
			return b
		}
		for name, file := range map[string][]byte{
			"length 0":                  raw(0, 0, 0),
			"length 8":                  raw(6, 8, 8),
			"length 13":                 raw(6, 13, 0, 0, 0),
			"too long":                  raw(6, maxBlock+4, 0),
			"lengths differ":            raw(6, 12, 16),
			"packet without a header":   with(6, f.n32(0)),
			"packet of no interface":    with(6, f.n32(1), f.ticks(0), f.n32(0), f.n32(0)),
			"packet beyond its block":   with(6, f.n32(0), f.ticks(0), f.n32(5), f.n32(5), []byte("abcd")),
			"packet of 4 GiB":           with(6, f.n32(0), f.ticks(0), f.n32(math.MaxUint32), f.n32(5)),
			"option beyond its block":   with(6, f.n32(0), f.ticks(0), f.n32(0), f.n32(0), f.n16(1), f.n16(5), []byte("abcd")),
			"old packet cut":            with(2, f.n32(0)),
			"simple packet cut":         with(3),
			"simple packet too long":    with(3, f.n32(5), []byte("abcd")),
			"interface cut":             with(1, f.n32(0)),
			"interface's option":        with(1, f.n32(0), f.n32(0), f.n16(1), f.n16(9)),
			"section cut":               with(0x0A0D0D0A, f.n32(0x1A2B3C4D)),
			"section's order":           with(0x0A0D0D0A, f.n32(0x1A2B3C4E), f.n32(1), f.n64(0)),
			"section's version":         with(0x0A0D0D0A, f.n32(0x1A2B3C4D), f.n16(2), f.n16(0), f.n64(0)),
			"statistics cut":            with(5, f.n32(0)),
			"statistics of nothing":     with(5, f.n32(9), f.ticks(0)),
			"local block cut":           with(0x80000D0F, f.n32(0)),
			"local block beyond itself": with(0x80000D0F, f.n32(0), f.n32(1)),
		} {
			all, err := readAll(bytes.NewReader(file))
			if err == nil || errors.Is(err, ErrTruncated) || errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "block 3 (type 0x") || !strings.Contains(err.Error(), " at byte ") {
				t.Errorf("%v: %s: %v", f.order, name, err)
			}
			if len(all) != 2 {
				t.Errorf("%v: %s: %d blocks before it", f.order, name, len(all))
			}
		}
	}
}

func TestNotRecordings(t *testing.T) {
	f := orders()[0]
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":         {nil, ErrTruncated},
		"two bytes":       {[]byte{10, 13}, ErrTruncated},
		"text":            {[]byte("hello, this is text"), ErrFormat},
		"classic":         {binary.NativeEndian.AppendUint32(nil, 0xa1b2c3d4), ErrFormat},
		"no order":        {f.block(0x0A0D0D0A, make([]byte, 20)).b, ErrFormat},
		"header only":     {f.b[:8], ErrTruncated},
		"half of a magic": {f.b[:10], ErrTruncated},
	} {
		r := NewReader(bytes.NewReader(test.file))
		_, err := r.Next()
		if _, again := r.Next(); !errors.Is(err, test.want) || again != err {
			t.Errorf("%s: %v, and then %v", name, err, again)
		}
		if Begins(test.file) && errors.Is(err, ErrFormat) && name != "no order" {
			t.Errorf("%s begins like a recording", name)
		}
	}
}

func TestReadFails(t *testing.T) {
	file := orders()[0].section().b
	_, err := readAll(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(io.ErrClosedPipe)))
	if !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, ErrTruncated) {
		t.Errorf("%v", err)
	}
}

func TestClock(t *testing.T) {
	const most = math.MaxInt64
	for _, test := range []struct {
		clock clock
		ticks uint64
		want  int64
	}{
		{clock{resolution: 9}, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789},
		{clock{resolution: 6}, 1_700_000_000_123_456, 1_700_000_000_123_456_000},
		{clock{resolution: 0}, 1_700_000_000, 1_700_000_000_000_000_000},
		{clock{resolution: 12}, 1_234_567, 1_234},
		{clock{resolution: 28}, math.MaxUint64, 1},
		{clock{resolution: 29}, math.MaxUint64, 0},
		{clock{resolution: 127}, math.MaxUint64, 0},
		{clock{resolution: 0x80}, 3, 3_000_000_000},
		{clock{resolution: 0x80 | 1}, 3, 1_500_000_000},
		{clock{resolution: 0x80 | 30}, 1_700_000_000<<30 + 1<<29, 1_700_000_000_500_000_000},
		{clock{resolution: 0x80 | 64}, 1 << 63, 500_000_000},
		{clock{resolution: 0x80 | 65}, 1 << 63, 250_000_000},
		{clock{resolution: 0xff}, math.MaxUint64, 0},
		{clock{resolution: 9}, math.MaxUint64, most},
		{clock{resolution: 6}, math.MaxUint64, most},
		{clock{resolution: 0x80}, math.MaxUint64, most},
		{clock{resolution: 9, offset: 2}, 5, 2_000_000_005},
		{clock{resolution: 9, offset: -2}, 5, -1_999_999_995},
		{clock{resolution: 9, offset: 2}, most - 1, most},
		{clock{resolution: 9, offset: math.MaxInt64}, math.MaxUint64, most},
		{clock{resolution: 9, offset: math.MinInt64}, 0, -9_223_372_036_000_000_000},
	} {
		if got := test.clock.nanoseconds(test.ticks); got != test.want {
			t.Errorf("%+v: %d are %d, want %d", test.clock, test.ticks, got, test.want)
		}
	}
}

func TestReaderAllocatesNothing(t *testing.T) {
	var b bytes.Buffer
	w := recording(t, &b)
	for range 3000 {
		if err := w.WritePacket(&Packet{Data: make([]byte, 100), Comment: []byte("comment"), Row: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r := NewReader(&b)
	for range 100 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(2000, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
