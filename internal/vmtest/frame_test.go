package vmtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func stream(t *testing.T, frames ...frame) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	for _, f := range frames {
		if err := writeFrame(&out, f); err != nil {
			t.Fatal(err)
		}
	}
	return &out
}

func TestReceive(t *testing.T) {
	var stdout, stderr bytes.Buffer
	back := File{Host: filepath.Join(t.TempDir(), "back"), Guest: "/back"}
	r := newReceiver([]File{back}, &stdout, &stderr)
	err := r.receive(stream(t,
		frame{frameStdout, []byte("a\r\n\x00")}, frame{frameStderr, []byte("e")}, frame{frameStdout, []byte("b")},
		frame{frameFile, []byte("\x00one")}, frame{frameFile, []byte("\x00two")},
		frame{frameStatus, []byte{7, 0, 0, 0}}))
	if err != nil {
		t.Fatal(err)
	}
	if status, err := r.status(t.Context(), ""); err != nil || status != 7 {
		t.Errorf("status %d, %v", status, err)
	}
	if stdout.String() != "a\r\n\x00b" || stderr.String() != "e" {
		t.Errorf("output %q and %q", stdout.String(), stderr.String())
	}
	if got, err := os.ReadFile(back.Host); err != nil || string(got) != "onetwo" {
		t.Errorf("file %q, %v", got, err)
	}
}

func TestReceiveFailures(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		frames []frame
		want   error
	}{
		{"panic", t.Context(), nil, ErrDied},
		{"time", ended, []frame{{frameStdout, []byte("x")}}, ErrTimeout},
		{"no program", t.Context(), []frame{{frameFailed, []byte("not found")}}, ErrNoProgram},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(nil, io.Discard, io.Discard)
			r.err = r.receive(stream(t, tt.frames...))
			if _, err := r.status(tt.ctx, "/nonexistent"); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
	r := newReceiver(nil, io.Discard, io.Discard)
	if err := r.receive(stream(t, frame{frameFile, []byte{0, 1}})); err == nil {
		t.Error("a file that nobody asked for is taken")
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x01\x02\x00\x00\x00hi\x03\x04\x00\x00\x00\x01\x00\x00\x00"))
	f.Add([]byte("\x05\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		from := bytes.NewReader(data)
		for {
			before := len(data) - from.Len()
			got, err := readFrame(from)
			if err != nil {
				return
			}
			var again bytes.Buffer
			if err := writeFrame(&again, got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.Bytes(), data[before:len(data)-from.Len()]) {
				t.Errorf("frame %v is written as %x", got, again.Bytes())
			}
		}
	})
}
