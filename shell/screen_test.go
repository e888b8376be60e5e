package shell

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Lines of several goroutines stay whole although the writer is not safe for
// concurrent use.
func TestSessionConcurrent(t *testing.T) {
	var out bytes.Buffer
	s, err := New(Config{In: strings.NewReader(""), Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 100
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				switch i % 3 {
				case 0:
					s.Session().Print("line ", w, " ", i, "\n")
				case 1:
					s.Session().Printf("line %d %d\n", w, i)
				default:
					fmt.Fprintf(s.Session().Err, "line %d %d\n", w, i)
				}
			}
		})
	}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	seen := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		seen[line] = true
	}
	for w := range writers {
		for i := range each {
			if line := fmt.Sprintf("line %d %d\n", w, i); !seen[line] {
				t.Errorf("%q is missing", line)
			}
		}
	}
}

// While a line is edited a writer that is too fast waits, and goes on when the
// queue is shown or the line is finished. Nothing gets lost.
func TestScreenBounded(t *testing.T) {
	var out bytes.Buffer
	s := newScreen()
	s.terminal = &out
	asked := make(chan struct{}, 1)
	s.ask = func() {
		select {
		case asked <- struct{}{}:
		default:
		}
	}
	st := s.stream(&out)
	line := strings.Repeat("x", 1023) + "\n"
	const count = 4 * maxQueued / 1024
	s.beginEdit()
	var wg sync.WaitGroup
	wg.Go(func() {
		for range count {
			if n, err := st.Write([]byte(line)); n != len(line) || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
		}
	})
	cleaned := 0
	for range 2 {
		<-asked
		s.flush(func() { cleaned++ })
		s.mu.Lock()
		if s.queued > maxQueued+len(line) {
			t.Errorf("%d bytes are queued", s.queued)
		}
		s.mu.Unlock()
	}
	s.endEdit()
	wg.Wait()
	if out.String() != strings.Repeat(line, count) {
		t.Errorf("%d bytes arrived, want %d", out.Len(), count*len(line))
	}
	if cleaned == 0 {
		t.Error("the prompt was never taken away")
	}
}

func TestScreenLongPartialLine(t *testing.T) {
	var out bytes.Buffer
	s := newScreen()
	s.terminal, s.ask = &out, func() {}
	st := s.stream(&out)
	s.beginEdit()
	text := strings.Repeat("x", maxPartial)
	fmt.Fprint(st, text)
	s.flush(func() {})
	if out.Len() != 0 {
		t.Error("a line without an end is shown")
	}
	fmt.Fprint(st, "y")
	s.flush(func() {})
	if out.String() != text+"y\n" {
		t.Errorf("%d bytes arrived, want %d with a line end", out.Len(), maxPartial+2)
	}
	s.endEdit()
}
