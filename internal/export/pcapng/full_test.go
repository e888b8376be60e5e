package pcapng

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"testing"
)

// A full takes so many bytes; of the write that is too long it takes a part, or
// nothing.
type full struct {
	room    int
	nothing bool
	b       []byte
}

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.room-len(f.b))
	if n < len(b) && f.nothing {
		n = 0
	}
	f.b = append(f.b, b[:n]...)
	if n < len(b) {
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return n, nil
}

// TestFull has room for each number of bytes up to that of the whole file: the
// packets in the file must be those counted.
func TestFull(t *testing.T) {
	for _, nothing := range []bool{false, true} {
		room := 0
		for ; ; room++ {
			f := &full{room: room, nothing: nothing}
			w := recording(t, f)
			fillUp(t, w)
			err := w.Flush()
			if err == nil {
				break
			}
			if again := w.WritePacket(&Packet{}); !errors.Is(err, syscall.ENOSPC) || !errors.Is(again, err) {
				t.Fatalf("room %d: %v, and then %v", room, err, again)
			}
			if err := judge(f, w); err != "" {
				t.Fatalf("room %d, all or nothing %t: %s", room, nothing, err)
			}
		}
		if room < 1000 {
			t.Errorf("only %d bytes were needed", room)
		}
	}
}

func fillUp(t *testing.T, w *Writer) {
	t.Helper()
	for i := range 9 {
		if err := w.WritePacket(&Packet{Data: make([]byte, i*10), Comment: []byte("comment")}); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteLocal(1, make([]byte, 9)); err != nil {
			t.Fatal(err)
		}
	}
}

func judge(f *full, w *Writer) string {
	all, err := readAll(bytes.NewReader(f.b))
	packets := uint64(0)
	for _, b := range all {
		if _, is := b.(*Packet); is {
			packets++
		}
	}
	const largest = 128 // bytes of a block here
	switch {
	case err != nil && !errors.Is(err, ErrTruncated), f.nothing && err != nil && len(f.b) > 0:
		return err.Error()
	case packets != w.Packets():
		return "the count of packets is wrong"
	case w.Size() > int64(len(f.b)), f.nothing && w.Size() != int64(len(f.b)):
		return "the size is wrong"
	case len(f.b)+largest < f.room:
		return "room was left"
	}
	return ""
}
