package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/export/logline"
)

func pipe(t *testing.T, size int) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, size); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// A pipe that is full holds no one for ever, and lines are whole and there once,
// even if they were written in two parts.
func TestStreamOverFullPipe(t *testing.T) {
	r, w := pipe(t, 4096)
	long := strings.Repeat("x", 3000)
	var all []logline.Record
	var want strings.Builder
	want.WriteString("head\n")
	for i := range 20 {
		all = append(all, logline.Record{Text: fmt.Sprint(i, long)})
		fmt.Fprintln(&want, i, long)
	}
	want2 := strings.ReplaceAll(want.String(), " ", "")
	for i := range all {
		all[i].Text = strings.ReplaceAll(all[i].Text, " ", "")
	}
	s := NewStream(w, numbers{"head\n"})
	var got bytes.Buffer
	b := make([]byte, 4096)
	for len(all) > 0 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		n, err := s.Write(ctx, all)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		all = all[n:]
		m, err := r.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(b[:m])
	}
	w.Close()
	if _, err := io.Copy(&got, r); err != nil {
		t.Fatal(err)
	}
	if got.String() != want2 {
		t.Errorf("%d bytes arrived, %d were expected", got.Len(), len(want2))
	}
}

func TestStreamClosedPipe(t *testing.T) {
	r, w := pipe(t, 4096)
	s := NewStream(w, numbers{})
	if n, err := s.Write(t.Context(), records(0, 3)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	r.Close()
	if n, err := s.Write(t.Context(), records(3, 6)); n != 0 || !errors.Is(err, logline.ErrGone) {
		t.Errorf("wrote %d to a closed pipe: %v", n, err)
	}
}

// All places where a write can stop, seen from outside.
func TestStreamParts(t *testing.T) {
	for stop := range 5 + 3*7 + 1 {
		s := NewStream(nil, numbers{"head\n"})
		s.b = []byte("head\nline 0\nline 1\nline 2\n")
		s.ends = []int{12, 19, 26}
		lines := s.written(stop, 5)
		whole := max(0, (stop-5)/7)
		left := ""
		if stop > 0 && stop < 5 {
			left = string(s.b[stop:5])
		} else if stop > 5 && (stop-5)%7 != 0 {
			left = string(s.b[stop : 5+7*(whole+1)])
		}
		if lines != whole || string(s.rest) != left || s.begun != (stop > 0) || s.owed != (stop > 5 && left != "") {
			t.Errorf("stopped at %d: %d lines, rest %q, begun %v, owed %v", stop, lines, s.rest, s.begun, s.owed)
		}
	}
}
