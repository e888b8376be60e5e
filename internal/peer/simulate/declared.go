package main

import (
	"bytes"
	"io"
	"sync"
)

// Declared counts members that others declared to have failed, as the logs of the
// engines tell. Views are not looked at all the time: one that was declared to have
// failed and came back could be missed in them.
type declared struct {
	mu      sync.Mutex
	hosts   map[string]*host
	rightly int
	falsely int // they were alive
}

// counts are those that had failed, and those that had not.
func (d *declared) counts() (rightly, falsely int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rightly, d.falsely
}

// ear takes the log of a host.
func (d *declared) ear(h *host) io.Writer {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hosts == nil {
		d.hosts = make(map[string]*host)
	}
	d.hosts[h.name] = h
	return &ear{host: h, declared: d}
}

func (d *declared) failed(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.hosts[name]; h != nil && h.dead.Load() {
		d.rightly++
	} else {
		d.falsely++
	}
}

// An ear finds declarations in a log.
type ear struct {
	host     *host
	declared *declared
}

func (e *ear) Write(line []byte) (int, error) {
	_, rest, found := bytes.Cut(line, []byte("memberlist: Marking "))
	name, _, failed := bytes.Cut(rest, []byte(" as failed"))
	if found && failed && !e.host.dead.Load() { // nobody hears one whose cable is pulled
		e.declared.failed(string(name))
	}
	return len(line), nil
}
