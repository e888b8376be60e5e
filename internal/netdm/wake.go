package netdm

import (
	"sync"
	"time"
)

// wake ends a waiting read early, or the next one.
type wake struct {
	mu    sync.Mutex
	woken bool
	from  socket // whose read may be waiting
	taken bool   // since during began; for the reader only
}

// long is a time that is over for sure.
var long = time.Unix(1, 0)

// Wake ends a waiting Receive early, or the next one. It may be called from any
// goroutine.
func (c *Client) Wake() {
	w := &c.wake
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken = true
	if w.from != nil {
		// It fails only once the socket is closed, when nobody waits.
		_ = w.from.SetReadDeadline(long)
	}
}

// arm sets the deadline of a read that Wake can end.
func (w *wake) arm(from socket, deadline time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.from = from
	if w.woken {
		deadline = long
	}
	return from.SetReadDeadline(deadline)
}

// take tells whether Wake was called, once.
func (w *wake) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	woken := w.woken
	w.woken = false
	w.taken = w.taken || woken
	return woken
}

// during tells whether a read was woken.
func (w *wake) during(read func() error) (woken bool, err error) {
	w.taken = false
	err = read()
	return w.taken, err
}
