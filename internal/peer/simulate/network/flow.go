package network

import (
	"bytes"
	"cmp"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// window is how much may be written that nobody has read.
const window = 256 << 10

// A flow is one direction of a stream: what one end has written and the other has
// not read.
type flow struct {
	mu    sync.Mutex
	moved *sync.Cond
	data  bytes.Buffer
	ended bool // nothing follows

	// why nothing is read or written any more
	readErr, writeErr error
	readBy, writeBy   deadline
}

func newFlow() *flow {
	f := new(flow)
	f.moved = sync.NewCond(&f.mu)
	return f
}

// A deadline wakes those who wait when it has come.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (f *flow) set(d *deadline, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.at = at
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if !at.IsZero() && f.readErr == nil {
		d.timer = time.AfterFunc(time.Until(at), func() {
			f.mu.Lock() // or somebody between looking and waiting is missed
			defer f.mu.Unlock()
			f.moved.Broadcast()
		})
	}
	f.moved.Broadcast()
}

func (f *flow) readUntil(at time.Time)  { f.set(&f.readBy, at) }
func (f *flow) writeUntil(at time.Time) { f.set(&f.writeBy, at) }

func (f *flow) read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.readErr != nil:
			return 0, f.readErr
		case f.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case f.data.Len() > 0:
			defer f.moved.Broadcast()
			return f.data.Read(b)
		case f.ended:
			return 0, io.EOF
		case len(b) == 0:
			return 0, nil
		}
		f.moved.Wait()
	}
}

func (f *flow) write(b []byte) (written int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch room := window - f.data.Len(); {
		case f.writeErr != nil:
			return written, f.writeErr
		case f.writeBy.passed():
			return written, os.ErrDeadlineExceeded
		case len(b) == 0:
			return written, nil
		case room > 0:
			n, _ := f.data.Write(b[:min(room, len(b))])
			b, written = b[n:], written+n
			f.moved.Broadcast()
			continue
		}
		f.moved.Wait()
	}
}

// end is by the writer: what is there can still be read.
func (f *flow) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.writeErr = cmp.Or(f.writeErr, net.ErrClosed)
	f.moved.Broadcast()
}

// leave is by the reader: nobody reads any more.
func (f *flow) leave() { f.stop(net.ErrClosed, syscall.EPIPE) }

// reset is by the network.
func (f *flow) reset() { f.stop(syscall.ECONNRESET, syscall.ECONNRESET) }

func (f *flow) stop(read, write error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readErr, f.writeErr = cmp.Or(f.readErr, read), cmp.Or(f.writeErr, write)
	f.data = bytes.Buffer{}
	for _, d := range []*deadline{&f.readBy, &f.writeBy} {
		if d.timer != nil {
			d.timer.Stop()
		}
	}
	f.moved.Broadcast()
}
