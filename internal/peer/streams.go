package peer

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// streamLimits bound what connections can cost.
type streamLimits struct {
	// open and perSource are how many others may have opened at once, all of
	// them and one IPv4 address or IPv6 /64.
	open, perSource int
	// bytes may be read from each, together from all that others have open.
	bytes, together int64
	// label is how long one may take to begin, message how long to say all, and
	// whole how long it may be open.
	label, message, whole time.Duration
	// pushPulls is how many may be answered at once with all that is known of the
	// members. Others wait for that, as long as for a label.
	pushPulls int
}

// The engine speaks for at most ten seconds before it answers, and for as long
// afterwards.
var defaultLimits = streamLimits{
	open: 64, perSource: 32, bytes: maxStream, together: 4 * maxStream,
	label: 3 * time.Second, message: 10 * time.Second, whole: 20 * time.Second, pushPulls: 16,
}

const maxStream = 8 << 20

// streams are the open connections.
type streams struct {
	limits    streamLimits
	front     *front
	counted   *counters
	states    int           // of members, at most in one message
	ready     chan net.Conn // for the engine
	pushPulls chan struct{} // that are answered
	quit      chan struct{}
	begins    sync.WaitGroup
	held      atomic.Int64 // read from those that others have open
	opening   sync.Mutex   // so that the plain text of one is there at once

	mu      sync.Mutex
	closed  bool
	all     map[*stream]bool
	came    int // those that others have opened
	sources map[netip.Addr]int
}

func newStreams(f *front, limits streamLimits, states int) *streams {
	return &streams{
		limits: limits, front: f, counted: &f.counted, states: states,
		ready: make(chan net.Conn), pushPulls: make(chan struct{}, limits.pushPulls), quit: make(chan struct{}),
		all: make(map[*stream]bool), sources: make(map[netip.Addr]int),
	}
}

// stream decides about a connection that somebody has opened, and does not wait
// for what it says.
func (f *front) stream(c net.Conn) {
	from := addressOf(c.RemoteAddr())
	if !f.allow(from, 0) {
		f.counted.streamsNetwork.Add(1)
		refuse(c)
		return
	}
	s := f.streams.enter(c, sourceOf(from.Addr()))
	if s == nil {
		f.counted.streamsFull.Add(1)
		refuse(c)
		return
	}
	go func() {
		defer f.streams.begins.Done()
		f.streams.begin(s)
	}()
}

// refuse leaves no state of the connection behind at this end.
func refuse(c net.Conn) {
	if c, ok := c.(*net.TCPConn); ok {
		_ = c.SetLinger(0) // else it is closed the long way
	}
	c.Close()
}

// sourceOf is what counts as one source.
func sourceOf(a netip.Addr) netip.Addr {
	if a.Is6() {
		return netip.PrefixFrom(a.WithZone(""), 64).Masked().Addr()
	}
	return a
}

// enter is nil if there is no room. Else begin must follow.
func (s *streams) enter(c net.Conn, source netip.Addr) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.came >= s.limits.open || source.IsValid() && s.sources[source] >= s.limits.perSource {
		return nil
	}
	s.came++
	if source.IsValid() {
		s.sources[source]++
	}
	s.begins.Add(1)
	return s.add(&stream{Conn: c, of: s, source: source, came: true})
}

// add is called with the lock held.
func (s *streams) add(c *stream) *stream {
	c.end = time.Now().Add(s.limits.whole)
	s.all[c] = true
	return c
}

// leave is called once for each.
func (s *streams) leave(c *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
	if !c.came {
		return
	}
	s.came--
	if s.sources[c.source]--; s.sources[c.source] <= 0 {
		delete(s.sources, c.source)
	}
}

// begin reads the label and the message, so that neither the silent nor other
// programs reach the engine, nor what would harm it.
func (s *streams) begin(c *stream) {
	if s.admits(c) {
		select {
		case s.ready <- c:
			s.counted.streamsTaken.Add(1)
			return
		case <-s.quit:
		}
	} else {
		refuse(c.Conn)
	}
	c.Close()
}

// admits counts what it refuses.
func (s *streams) admits(c *stream) bool {
	head := make([]byte, len(labelHead))
	err := c.SetDeadline(time.Now().Add(s.limits.label))
	if err == nil {
		_, err = io.ReadFull(c.Conn, head)
	}
	if err == nil {
		err = c.SetDeadline(time.Now().Add(s.limits.message))
	}
	switch {
	case err != nil:
		s.counted.streamsSilent.Add(1)
		return false
	case !bytes.Equal(head, labelHead):
		s.counted.streamsLabel.Add(1)
		return false
	}
	c.head = head
	kind, err := c.hear()
	return err == nil && (kind != typePushPull || s.slot(c))
}

// slot waits for its turn.
func (s *streams) slot(c *stream) bool {
	late := time.NewTimer(s.limits.label)
	defer late.Stop()
	select {
	case s.pushPulls <- struct{}{}:
		c.slot.Store(true)
		return true
	case <-late.C:
		s.counted.streamsFull.Add(1)
	case <-s.quit:
	}
	return false
}

// close ends all of them, those that the engine still handles too.
func (s *streams) close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	close(s.quit)
	open := make([]*stream, 0, len(s.all))
	for c := range s.all {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
	s.begins.Wait()
}

func (f *front) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	return f.DialAddressTimeout(memberlist.Address{Addr: address}, timeout)
}

// DialAddressTimeout makes a connection that is usable until the timeout ends, or
// as the engine sets it later.
func (f *front) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	end := time.Now().Add(timeout)
	c, err := f.carrier.DialAddressTimeout(to, timeout)
	if err != nil {
		return nil, err
	}
	s := f.streams
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return nil, net.ErrClosed
	}
	out := s.add(&stream{Conn: c, of: s})
	// the engine sets none for what it only sends
	if err := out.SetDeadline(end); err != nil {
		c.Close()
		delete(s.all, out)
		return nil, err
	}
	return out, nil
}
