package pcapng

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// same takes no bytes to be the same as none.
var same = cmp.Comparer(bytes.Equal)

func TestRoundTrip(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var want []Block
		for range 1 + r.IntN(3) {
			want = append(want, randomSection(r)...)
		}
		var b bytes.Buffer
		if err := writeAll(&b, want); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := readAll(&b)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Fatalf("seed %d: (-want +got)\n%s", seed, diff)
		}
	}
}

// A log keeps what each Write was.
type log struct{ writes [][]byte }

func (l *log) Write(b []byte) (int, error) {
	l.writes = append(l.writes, bytes.Clone(b))
	return len(b), nil
}

func TestWritesAreOfWholeBlocks(t *testing.T) {
	var l log
	w := recording(t, &l)
	p := &Packet{Data: make([]byte, 1000), Comment: []byte("comment")}
	for range 500 {
		p.Data = p.Data[:(len(p.Data)*7+1)%1000]
		if err := w.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteLocal(1, make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if cap(w.buffer) > 1<<20 {
		t.Errorf("%d bytes are kept for a block that will not come again", cap(w.buffer))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(l.writes) < 3 || len(l.writes) > 10 {
		t.Errorf("%d writes", len(l.writes))
	}
	var all []byte
	for i, b := range l.writes {
		all = append(all, b...)
		if _, err := readAll(bytes.NewReader(all)); err != nil {
			t.Errorf("after write %d of %d bytes: %v", i, len(b), err)
		}
	}
	if w.Size() != int64(len(all)) || w.Packets() != 500 {
		t.Errorf("size %d packets %d, want %d and 500", w.Size(), w.Packets(), len(all))
	}
}

func recording(t testing.TB, w io.Writer) *Writer {
	t.Helper()
	n, err := NewWriter(w, Section{Application: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.AddInterface(Interface{Name: "eth0", LinkType: 1}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTexts(t *testing.T) {
	long := strings.Repeat("€", 30000) // 90,000 bytes
	for _, test := range []struct{ give, want string }{
		{"plain", "plain"},
		{"a\xffb", "a\uFFFDb"},
		{long, long[:65535]}, // 21,845 whole characters
		{"x" + long, "x" + long[:65532]},
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, Section{OS: test.give})
		if err == nil {
			_, err = w.AddInterface(Interface{Name: test.give})
		}
		if err == nil {
			err = w.WritePacket(&Packet{Comment: []byte(test.give)})
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(&b)
		want := []Block{&Section{OS: test.want}, &Interface{Name: test.want}, &Packet{Comment: []byte(test.want)}}
		if diff := cmp.Diff(want, got, same); diff != "" || err != nil {
			t.Errorf("%.20q: %v (-want +got)\n%.500s", test.give, err, diff)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	w := recording(t, io.Discard)
	before := w.Size()
	for name, err := range map[string]error{
		"packet of no interface":     w.WritePacket(&Packet{Interface: 1}),
		"statistics of no interface": w.WriteStatistics(&Statistics{Interface: 1}),
		"large packet":               w.WritePacket(&Packet{Data: make([]byte, maxPayload+1)}),
		"large local block":          w.WriteLocal(1, make([]byte, maxPayload+1)),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if w.Size() != before {
		t.Errorf("%d bytes were written", w.Size()-before)
	}
}

func TestLargestBlocks(t *testing.T) {
	var b bytes.Buffer
	w := recording(t, &b)
	if err := w.WritePacket(&Packet{Data: make([]byte, maxPayload), Comment: make([]byte, maxValue), Row: 1}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteLocal(1, make([]byte, maxPayload)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if all, err := readAll(&b); err != nil || len(all) != 4 {
		t.Errorf("%d blocks, %v", len(all), err)
	}
}

func TestWritePacketAllocatesNothing(t *testing.T) {
	w := recording(t, io.Discard)
	p := &Packet{Time: 1, Length: 1500, Row: 7, Data: make([]byte, 100), Comment: []byte("reason NO_SOCKET at udp_queue_rcv_one_skb+0x1f")}
	if n := testing.AllocsPerRun(2000, func() {
		if err := w.WritePacket(p); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkWritePacket(b *testing.B) {
	w := recording(b, io.Discard)
	p := &Packet{
		Time: 1_700_000_000_123_456_789, Length: 1500, Row: 7, Data: make([]byte, 128),
		Comment: []byte("NO_SOCKET in udp_queue_rcv_one_skb+0x1f, netns web (4026532201), eth0, process nginx (812), rule inet filter input 7"),
	}
	start := w.Size()
	b.ReportAllocs()
	for b.Loop() {
		if err := w.WritePacket(p); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes((w.Size() - start) / int64(b.N))
}

func BenchmarkReadPacket(b *testing.B) {
	var file bytes.Buffer
	w := recording(b, &file)
	for i := range 1000 {
		_ = w.WritePacket(&Packet{Time: int64(i), Length: 1500, Row: 7, Data: make([]byte, 128), Comment: make([]byte, 110)})
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	bytesReader := bytes.NewReader(file.Bytes())
	r := NewReader(bytesReader)
	for b.Loop() {
		_, err := r.Next()
		if err == io.EOF {
			bytesReader.Reset(file.Bytes())
			r = NewReader(bytesReader)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
