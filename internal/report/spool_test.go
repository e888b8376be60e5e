package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A slowWriter takes a millisecond for each piece.
type slowWriter struct {
	bytes.Buffer
	pieces int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	w.pieces++
	return w.Buffer.Write(p)
}

func TestSpoolGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var to slowWriter
		s := NewSpool(&to)
		var want strings.Builder
		for i := range 1000 {
			line := fmt.Sprintf("line %d\n", i)
			want.WriteString(line)
			if n, err := io.WriteString(s, line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
			time.Sleep(10 * time.Microsecond)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if to.String() != want.String() {
			t.Errorf("%d bytes written, want %d, or in another order", to.Len(), want.Len())
		}
		// 10 ms of lines, a piece takes 1 ms
		if to.pieces > 12 {
			t.Errorf("%d pieces for 1000 lines", to.pieces)
		}
	})
}

// One line alone is written at once.
func TestSpoolDoesNotHoldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var to slowWriter
		s := NewSpool(&to)
		defer s.Close()
		start := time.Now()
		io.WriteString(s, "alone\n")
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		if to.String() != "alone\n" || time.Since(start) != time.Millisecond {
			t.Errorf("%q after %v", to.String(), time.Since(start))
		}
	})
}

// What a stuck destination holds up is bounded.
func TestSpoolIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := NewSpool(w)
		piece := make([]byte, 1000)
		written := 0
		var wait sync.WaitGroup
		wait.Go(func() {
			for range 10000 {
				s.Write(piece)
				written += len(piece)
			}
		})
		synctest.Wait()
		if written > 2*spoolRoom {
			t.Errorf("%d bytes taken for a destination that is stuck", written)
		}
		wait.Go(func() { io.Copy(io.Discard, r) })
		wait.Go(func() {
			synctest.Wait()
			w.Close()
		})
		wait.Wait()
		s.Close()
	})
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestSpoolErrors(t *testing.T) {
	s := NewSpool(brokenWriter{})
	if _, err := io.WriteString(s, "lost"); err != nil {
		t.Errorf("the first write: %v", err)
	}
	if err := s.Flush(); !errors.Is(err, errBroken) {
		t.Errorf("flush: %v", err)
	}
	if _, err := io.WriteString(s, "more"); !errors.Is(err, errBroken) {
		t.Errorf("a later write: %v", err)
	}
	for range 2 {
		if err := s.Close(); !errors.Is(err, errBroken) {
			t.Errorf("close: %v", err)
		}
	}
	s = NewSpool(io.Discard)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(s, "late"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a write after close: %v", err)
	}
}
