package shell

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

const (
	// maxQueued bounds the output that waits for the line editor, in bytes.
	// Writers wait when it is reached.
	maxQueued = 256 << 10
	// maxPartial bounds a line without an end that waits behind the prompt.
	maxPartial = 16 << 10
)

// A screen orders what commands, background work and the line editor write.
//
// The line editor draws from goroutines of its own and is not safe against
// writes from others. So while a line is edited, output is queued and the
// editor is asked to show it, between two keys, from its own goroutine.
type screen struct {
	terminal io.Writer // where the line editor draws; nil in a script
	ask      func()    // makes the line editor call flush

	mu      sync.Mutex
	room    sync.Cond // the queue has been emptied
	streams []*stream
	editing bool
	muted   bool // the line editor is being closed and must not draw
	midLine bool // the terminal's cursor is not at the start of a line
	queue   []piece
	queued  int
}

// A piece is a run of whole lines for one stream.
type piece struct {
	to   *stream
	data []byte
}

// A stream is the output or error output of a session.
type stream struct {
	screen  *screen
	w       io.Writer
	partial []byte // a line that has no end yet, while a line is edited
}

func newScreen() *screen {
	s := &screen{}
	s.room.L = &s.mu
	return s
}

func (s *screen) stream(w io.Writer) *stream {
	st := &stream{screen: s, w: w}
	s.streams = append(s.streams, st)
	return st
}

// Write writes at once, or queues whole lines while a line is edited.
func (st *stream) Write(p []byte) (int, error) {
	s := st.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.editing && s.queued > maxQueued {
		s.room.Wait()
	}
	if !s.editing {
		return st.write(p)
	}
	st.partial = append(st.partial, p...)
	end := bytes.LastIndexByte(st.partial, '\n') + 1
	if end == 0 && len(st.partial) > maxPartial {
		st.partial = append(st.partial, '\n')
		end = len(st.partial)
	}
	if end > 0 {
		s.queue = append(s.queue, piece{st, slices.Clone(st.partial[:end])})
		s.queued += end
		st.partial = append(st.partial[:0], st.partial[end:]...)
		s.ask()
	}
	return len(p), nil
}

// write passes bytes on. The screen is locked.
func (st *stream) write(p []byte) (int, error) {
	if len(p) > 0 && st.screen.terminal != nil {
		st.screen.midLine = p[len(p)-1] != '\n'
	}
	return st.w.Write(p)
}

// beginEdit is called before the prompt is shown.
func (s *screen) beginEdit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.midLine {
		// The line editor wipes its line first, and with it what stands there.
		_, _ = io.WriteString(s.terminal, "\n")
	}
	s.midLine, s.editing = false, true
}

// endEdit is called when the line has been read.
func (s *screen) endEdit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editing = false
	s.drain()
	for _, st := range s.streams {
		if len(st.partial) > 0 {
			_, _ = st.write(st.partial)
			st.partial = nil
		}
	}
}

// flush shows what is queued. Clean takes the prompt off the terminal; the
// caller draws it again. It must run where the line editor draws.
func (s *screen) flush(clean func()) {
	s.mu.Lock()
	empty := len(s.queue) == 0
	s.mu.Unlock()
	if empty {
		return
	}
	clean()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain()
}

// show writes text of the shell itself above the prompt, like flush.
func (s *screen) show(clean func(), text string) {
	clean()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drain()
	_, _ = io.WriteString(s.terminal, text)
}

// drain writes the queue. A failed write has nobody to be told to: the writer
// has gone on.
func (s *screen) drain() {
	for _, p := range s.queue {
		_, _ = p.to.write(p.data)
	}
	s.queue, s.queued = nil, 0
	s.room.Broadcast()
}

// mute drops what the line editor draws from now on.
func (s *screen) mute() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = true
}

// A drawing is the screen as the line editor sees it.
type drawing struct{ screen *screen }

func (d drawing) Write(p []byte) (int, error) {
	d.screen.mu.Lock()
	defer d.screen.mu.Unlock()
	if d.screen.muted {
		return len(p), nil
	}
	return d.screen.terminal.Write(p)
}
