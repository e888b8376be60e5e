package export

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNetlinkWriter(t *testing.T) {
	var b bytes.Buffer
	w, err := NewNetlinkWriter(&b, 4)
	if err != nil {
		t.Fatal(err)
	}
	when := time.Unix(0x12345678, 987654321)
	for _, message := range []string{"abc", "", "whole is cut"} {
		if err := w.Write(when, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	var want []byte
	numbers := func(list ...uint32) {
		for _, n := range list {
			want = binary.NativeEndian.AppendUint32(want, n)
		}
	}
	cooked := []byte{0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16}
	record := func(kept string, length uint32) {
		numbers(0x12345678, 987654, uint32(16+len(kept)), 16+length)
		want = append(append(want, cooked...), kept...)
	}
	numbers(0xa1b2c3d4)
	want = binary.NativeEndian.AppendUint16(want, 2)
	want = binary.NativeEndian.AppendUint16(want, 4)
	numbers(0, 0, 20, 253)
	record("abc", 3)
	record("", 0)
	record("whol", 12)
	if diff := cmp.Diff(want, b.Bytes()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNetlinkWriterAllocatesNothing(t *testing.T) {
	var b bytes.Buffer
	b.Grow(1 << 20)
	w, err := NewNetlinkWriter(&b, 0xffff)
	if err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 300)
	if n := testing.AllocsPerRun(100, func() { _ = w.Write(time.Time{}, message) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

// A full takes so many bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	if len(p) > int(*f) {
		return 0, os.ErrClosed
	}
	*f -= full(len(p))
	return len(p), nil
}

func TestNetlinkWriterFails(t *testing.T) {
	for _, room := range []full{0, 24, 24 + 32} {
		w, err := NewNetlinkWriter(&room, 100)
		if err == nil {
			err = w.Write(time.Now(), []byte("message"))
		}
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
}
