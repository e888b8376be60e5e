package main

import (
	"io"
	"sync"
)

// maxLinesKnown bounds what is remembered.
const maxLinesKnown = 1000

// oncePerLine passes each line on once: what is broken stays so from scrape to
// scrape. It is for several goroutines.
type oncePerLine struct {
	w io.Writer

	mu    sync.Mutex
	known map[string]bool
}

func (o *oncePerLine) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known[string(line)] || len(o.known) >= maxLinesKnown {
		return len(line), nil
	}
	if o.known == nil {
		o.known = make(map[string]bool)
	}
	o.known[string(line)] = true
	return o.w.Write(line)
}
