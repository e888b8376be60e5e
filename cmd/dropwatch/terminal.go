package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colored tells whether to use colour: on a terminal, unless NO_COLOR is set.
func colored(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// A progress line says on a terminal that the program is at work.
type progress struct {
	w     io.Writer // nil if there is no terminal
	start time.Time
	whole time.Duration
	shown bool
}

func newProgress(w io.Writer, whole time.Duration) *progress {
	p := &progress{start: time.Now(), whole: whole}
	if terminal(w) {
		p.w = w
		p.show()
	}
	return p
}

func (p *progress) show() {
	if p.w == nil {
		return
	}
	p.shown = true
	passed := time.Since(p.start).Truncate(time.Second)
	if p.whole > 0 {
		fmt.Fprintf(p.w, "\rwatching, %v of %v; Ctrl-C ends early ", passed, p.whole)
		return
	}
	fmt.Fprintf(p.w, "\rwatching since %v; Ctrl-C ends ", passed)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
