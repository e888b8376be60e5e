package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"dropwatch/internal/export"

	"github.com/google/go-cmp/cmp"
)

var same = cmp.Comparer(bytes.Equal)

func readAll(r io.Reader) (link uint16, all []Record, err error) {
	n, err := NewReader(r)
	if err != nil {
		return 0, nil, err
	}
	for {
		record, err := n.Next()
		if err == io.EOF {
			return n.LinkType(), all, nil
		}
		if err != nil {
			if _, again := n.Next(); again != err {
				return 0, all, errors.New("another call had another error")
			}
			return n.LinkType(), all, err
		}
		record.Data = slices.Clone(record.Data)
		all = append(all, *record)
	}
}

type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func orders() []order { return []order{binary.LittleEndian, binary.BigEndian} }

func header(o order, magic uint32) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	for _, n := range []uint32{0, 0, 65535, 253 | 0x14000000} {
		b = o.AppendUint32(b, n)
	}
	return b
}

func record(o order, b []byte, second, part, length uint32, data string) []byte {
	for _, n := range []uint32{second, part, uint32(len(data)), length} {
		b = o.AppendUint32(b, n)
	}
	return append(b, data...)
}

func TestReader(t *testing.T) {
	for _, o := range orders() {
		for magic, part := range map[uint32]uint32{0xa1b2c3d4: 987654, 0xa1b23c4d: 987654000} {
			file := header(o, magic)
			file = record(o, file, 0xfffffffe, part, 9, "abcde")
			file = record(o, file, 1, 0, 0, "")
			want := []Record{{Time: 4294967294_987654000, Length: 9, Data: []byte("abcde")}, {Time: 1e9}}
			link, got, err := readAll(iotest.OneByteReader(bytes.NewReader(file)))
			if diff := cmp.Diff(want, got, same); diff != "" || err != nil || link != LinkNetlink {
				t.Errorf("%v %#x: link type %d, %v (-want +got)\n%s", o, magic, link, err, diff)
			}
			if r, err := NewReader(bytes.NewReader(file)); err != nil || r.ByteOrder() != binary.ByteOrder(o) || !Begins(file[:4]) || Begins(file[:3]) {
				t.Errorf("%v is not known", o)
			}
		}
	}
}

// TestOwn reads what the other side writes.
func TestOwn(t *testing.T) {
	var b bytes.Buffer
	w, err := export.NewNetlinkWriter(&b, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{"abc", "whole is cut"} {
		if err := w.Write(time.Unix(5, 6789), []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	cooked := "\x00\x04\x03\x38" + strings.Repeat("\x00", 11) + "\x10"
	want := []Record{
		{Time: 5_000_006_000, Length: 19, Data: []byte(cooked + "abc")},
		{Time: 5_000_006_000, Length: 28, Data: []byte(cooked + "whol")},
	}
	link, got, err := readAll(&b)
	if diff := cmp.Diff(want, got, same); diff != "" || err != nil || link != LinkNetlink {
		t.Errorf("link type %d, %v (-want +got)\n%s", link, err, diff)
	}
}

// TestTruncated cuts a file at every byte.
func TestTruncated(t *testing.T) {
	o := binary.LittleEndian
	file := header(o, 0xa1b2c3d4)
	whole := []int{len(file)} // where records end
	for i := range 4 {
		file = record(o, file, 1, 2, 100, strings.Repeat("x", i*5))
		whole = append(whole, len(file))
	}
	for end := range len(file) {
		_, all, err := readAll(bytes.NewReader(file[:end]))
		at, is := slices.BinarySearch(whole, end)
		if is != (err == nil) || err != nil && !errors.Is(err, ErrTruncated) {
			t.Errorf("at %d: %v", end, err)
		}
		if want := max(0, at-1); !is && len(all) != want || is && len(all) != at {
			t.Errorf("at %d: %d records", end, len(all))
		}
	}
	_, _, err := readAll(bytes.NewReader(file[:len(file)-1]))
	if want := "capture is cut off at byte 117, within record 4, which begins at byte 87"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestReaderFails(t *testing.T) {
	o := binary.BigEndian
	good := header(o, 0xa1b2c3d4)
	huge := o.AppendUint32(append(bytes.Clone(good), make([]byte, 8)...), maxRecord+1)
	old := bytes.Clone(good)
	old[5] = 3
	for name, test := range map[string]struct {
		file io.Reader
		is   error
		text string
	}{
		"text":          {strings.NewReader("hello, this is text"), ErrFormat, ""},
		"pcapng":        {strings.NewReader("\n\r\r\n\x00\x00\x00\x1c"), ErrFormat, ""},
		"version":       {bytes.NewReader(old), nil, "version is 3.4"},
		"huge record":   {bytes.NewReader(append(huge, 0, 0, 0, 0)), nil, "record 1 at byte 24: its length is 16777217"},
		"error":         {io.MultiReader(bytes.NewReader(good), iotest.ErrReader(io.ErrClosedPipe)), io.ErrClosedPipe, "record 1 at byte 24"},
		"error at once": {iotest.ErrReader(io.ErrClosedPipe), io.ErrClosedPipe, "header"},
	} {
		_, _, err := readAll(test.file)
		if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReader has the reader read anything. What it took is what the file holds:
// made again from the records, it is the same.
func FuzzReader(f *testing.F) {
	for _, o := range orders() {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d} {
			file := record(o, header(o, magic), 5, 6, 9, "abcde")
			f.Add(file)
			f.Add(file[:len(file)-2])
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		o, is := r.ByteOrder().(order)
		if !is {
			t.Fatalf("byte order %v", r.ByteOrder())
		}
		again := file[:fileHeader:fileHeader]
		for {
			p, err := r.Next()
			if err != nil {
				break
			}
			// The parts of a second can be more than a second.
			second, part := o.Uint32(file[len(again):]), o.Uint32(file[len(again)+4:])
			if want := int64(second)*1e9 + int64(part)*r.unit; p.Time != want {
				t.Fatalf("time %d, want %d", p.Time, want)
			}
			again = record(o, again, second, part, p.Length, string(p.Data))
		}
		if !bytes.HasPrefix(file, again) {
			t.Fatalf("read\n%x\nof\n%x", again, file)
		}
	})
}
