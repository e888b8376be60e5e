package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bounded is a front at 127.0.0.1 without an engine. Its streams are for the test.
func bounded(t *testing.T, change func(*streamLimits)) (*front, string) {
	t.Helper()
	limits := defaultLimits
	limits.label = patience
	change(&limits)
	s, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFront(&Config{}, s, limits)
	if err != nil {
		t.Fatal(err)
	}
	s.serve(f)
	t.Cleanup(func() {
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return f, s.udp.LocalAddr().String()
}

// engine takes the next stream.
func engine(t *testing.T, f *front) net.Conn {
	t.Helper()
	select {
	case c := <-f.StreamCh():
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(patience):
		t.Fatal("no stream came")
		return nil
	}
}

// gone waits until the other end has closed.
func gone(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("still open: %v", err)
	}
}

// refusedAt makes a connection that is reset, perhaps before it is there.
func refusedAt(t *testing.T, address string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	if errors.Is(err, syscall.ECONNRESET) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	gone(t, c)
}

func (f *front) open() int {
	f.streams.mu.Lock()
	defer f.streams.mu.Unlock()
	return len(f.streams.all) + f.streams.came + len(f.streams.sources)
}

func TestTooManyStreams(t *testing.T) {
	for name, limit := range map[string]func(*streamLimits){
		"of all": func(l *streamLimits) { l.open = 3 }, "of one source": func(l *streamLimits) { l.perSource = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			f, address := bounded(t, limit)
			var last net.Conn
			for range 3 {
				c := dial(t, "tcp", address)
				send(t, c, inClear(ping))
				last = engine(t, f)
			}
			for range 4 {
				refusedAt(t, address)
			}
			waitFor(t, f, Counts{StreamsTaken: 3, StreamsFull: 4})
			other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}}
			if name == "of one source" {
				c, err := other.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				send(t, c, inClear(ping))
				engine(t, f).Close()
			}
			// room again when one is closed
			last.Close()
			send(t, dial(t, "tcp", address), inClear(ping))
			engine(t, f)
		})
	}
}

// TestStreamsThatAreNone holds that they do not reach the engine.
func TestStreamsThatAreNone(t *testing.T) {
	f, address := bounded(t, func(l *streamLimits) { l.label = 100 * time.Millisecond })
	silent := dial(t, "tcp", address)
	cut := dial(t, "tcp", address)
	send(t, cut, labelHead[:5])
	gone(t, silent)
	gone(t, cut)
	waitFor(t, f, Counts{StreamsSilent: 2})
	web := dial(t, "tcp", address)
	send(t, web, []byte("GET / HTTP/1.1\r\n\r\n"))
	gone(t, web)
	waitFor(t, f, Counts{StreamsSilent: 2, StreamsLabel: 1})
	select {
	case <-f.StreamCh():
		t.Error("one reached the engine")
	default:
	}
	eventually(t, "no open streams", func() bool { return f.open() == 0 })
}

// TestStreamIsCut holds that a stream gives so many bytes and no more, alone and
// together with others, and that what fits is given whole.
func TestStreamIsCut(t *testing.T) {
	f, address := bounded(t, func(l *streamLimits) { l.bytes, l.together = 1000, 1500 })
	fits := inClear(told(string(bytes.Repeat([]byte("0123456789"), 90))))
	send(t, dial(t, "tcp", address), fits)
	s := engine(t, f)
	for i, length := range []int{2000, 900} { // too long, and too long together
		c := dial(t, "tcp", address)
		send(t, c, inClear(told(string(make([]byte, length)))))
		gone(t, c)
		waitFor(t, f, Counts{StreamsTaken: 1, StreamsCut: uint64(i + 1)})
	}
	if got, err := io.ReadAll(s); err != nil || !bytes.Equal(got, fits) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	s.Close()
	s.Close()
	eventually(t, "no open streams", func() bool { return f.streams.held.Load() == 0 && f.open() == 0 })
}

// TestStreamEnds holds that a member that never ends its message or never reads is
// cut, however the engine sets its deadlines.
func TestStreamEnds(t *testing.T) {
	brief := func(l *streamLimits) { l.message, l.whole = 300*time.Millisecond, 300*time.Millisecond }
	endless := func(t *testing.T, s net.Conn, use func() error) {
		t.Helper()
		began := time.Now()
		for _, set := range []func(time.Time) error{s.SetDeadline, s.SetReadDeadline, s.SetWriteDeadline} {
			if err := errors.Join(set(time.Now().Add(time.Hour)), set(time.Time{})); err != nil {
				t.Fatal(err)
			}
		}
		if err := use(); err == nil || time.Since(began) > patience {
			t.Errorf("ended after %v: %v", time.Since(began), err)
		}
	}
	t.Run("message", func(t *testing.T) {
		f, address := bounded(t, brief)
		c := dial(t, "tcp", address)
		send(t, c, inClear(ping[:5]))
		gone(t, c)
		waitFor(t, f, Counts{StreamsSilent: 1})
	})
	t.Run("write", func(t *testing.T) {
		f, address := bounded(t, brief)
		send(t, dial(t, "tcp", address), inClear(ping))
		s := engine(t, f)
		endless(t, s, func() error { _, err := s.Write(make([]byte, 64<<20)); return err })
		waitFor(t, f, Counts{StreamsTaken: 1, StreamsCut: 1})
	})
	t.Run("answer", func(t *testing.T) {
		f, _ := bounded(t, brief)
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		s, err := f.DialTimeout(silent.Addr().String(), patience)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		endless(t, s, func() error { _, err := s.Read(make([]byte, 10)); return err })
		waitFor(t, f, Counts{StreamsCut: 1})
	})
}

// TestShutdownClosesStreams holds it for those that begin, those that the engine
// has, and those that this host has opened.
func TestShutdownClosesStreams(t *testing.T) {
	f, address := bounded(t, func(*streamLimits) {})
	other, to := bounded(t, func(*streamLimits) {})
	begins := dial(t, "tcp", address)
	waits := dial(t, "tcp", address)
	send(t, waits, inClear(ping))
	taken := dial(t, "tcp", address)
	send(t, taken, inClear(ping))
	s := engine(t, f)
	opened, err := f.DialTimeout(to, patience)
	if err != nil {
		t.Fatal(err)
	}
	send(t, opened, inClear(ping))
	engine(t, other)
	ended := make(chan error)
	go func() {
		_, err := io.Copy(io.Discard, opened)
		ended <- err
	}()
	go func() {
		_, err := s.Write(make([]byte, 64<<20))
		ended <- err
	}()
	eventually(t, "four streams", func() bool { f.streams.mu.Lock(); defer f.streams.mu.Unlock(); return len(f.streams.all) == 4 })
	if err := f.Shutdown(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	}
	for _, c := range []net.Conn{begins, waits, taken} {
		gone(t, c)
	}
	if _, err := f.DialTimeout(to, patience); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dialled after the end: %v", err)
	}
	if f.open() != 0 {
		t.Errorf("%d are open", f.open())
	}
}

// TestStreamsOfANode holds that others join and are heard while a stranger keeps
// all the streams open that it may.
func TestStreamsOfANode(t *testing.T) {
	messages := make(chan string, 100)
	n, box := start(t, Config{Name: "n", Collector: true, Keys: [][]byte{key(1)}, Message: func(m []byte) { messages <- string(m) }})
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	for range defaultLimits.perSource {
		c, err := dialer.Dial("tcp", n.address())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		send(t, c, append(labelHead[:len(labelHead):len(labelHead)], 10)) // and then is silent
	}
	eventually(t, "all of the stranger's", func() bool {
		n.front.streams.mu.Lock()
		defer n.front.streams.mu.Unlock()
		return n.front.streams.came == defaultLimits.perSource
	})
	for range 3 {
		if c, err := dialer.Dial("tcp", n.address()); err == nil {
			defer c.Close()
		}
	}
	eventually(t, "refusals", func() bool { return n.Counts().StreamsFull == 3 })
	m, _ := start(t, Config{Name: "m", Keys: [][]byte{key(1)}})
	if err := m.Join([]string{n.address()}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("long", 1<<20)
	for _, text := range []string{"hello", long} {
		if err := m.SendReliable("n", []byte(text)); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-messages:
			if got != text {
				t.Errorf("got %d bytes, want %d", len(got), len(text))
			}
		case <-time.After(patience):
			t.Fatal("no message")
		}
	}
	if len(box.packets) != 0 {
		t.Errorf("received as records: %d", len(box.packets))
	}
}

func TestSendReliableErrors(t *testing.T) {
	n, _ := start(t, Config{Name: "n"})
	mute, _ := start(t, Config{Name: "mute", Mute: true})
	for want, err := range map[string]error{
		"none of that name": n.SendReliable("nobody", nil),
		"is alive":          mute.SendReliable("mute", nil),
		"bytes, at most":    n.SendReliable("n", make([]byte, maxMessage+1)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// one that has gone, and nobody has noticed yet
	gone, _ := start(t, Config{Name: "gone"})
	if err := gone.Join([]string{n.address()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the member", func() bool { return len(n.Members()) == 2 })
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.SendReliable("gone", []byte("x")); err == nil {
		t.Error("sent to one that is gone")
	}
	if err := gone.Leave(time.Second); !errors.Is(err, net.ErrClosed) {
		t.Errorf("left after the end: %v", err)
	}
}

// TestCloseLeavesNothing closes members that hold streams of all sorts.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		var nodes []*Node
		for i := range 3 {
			n, err := Start(Config{Name: fmt.Sprint("n", i), Bind: "127.0.0.1:0", Keys: [][]byte{key(1)}})
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, n)
			if err := n.Join([]string{nodes[0].address()}); err != nil {
				t.Fatal(err)
			}
			dial(t, "tcp", n.address())
			send(t, dial(t, "tcp", n.address()), labelHead)
			send(t, dial(t, "tcp", n.address()), append(labelHead[:len(labelHead):len(labelHead)], 10, 0, 0))
		}
		for _, n := range nodes {
			if err := errors.Join(n.Close(), n.Close()); err != nil {
				t.Error(err)
			}
			if open := n.front.open(); open != 0 {
				t.Errorf("%d streams are open", open)
			}
		}
	}
	eventually(t, "the goroutines of before", func() bool { return runtime.NumGoroutine() <= before })
}

// TestNothingAfterClose holds that callbacks have ended when Close returns.
func TestNothingAfterClose(t *testing.T) {
	for i := range 5 {
		closed := make(chan bool)
		check := func() {
			select {
			case <-closed:
				t.Error("called after Close")
			default:
			}
		}
		n, err := Start(Config{Name: "n", Bind: "127.0.0.1:0", Message: func([]byte) { check() }})
		if err != nil {
			t.Fatal(err)
		}
		m, _ := start(t, Config{Name: fmt.Sprint("m", i)})
		if err := m.Join([]string{n.address()}); err != nil {
			t.Fatal(err)
		}
		stop, ended := make(chan bool), make(chan bool)
		go func() {
			defer close(ended)
			for {
				select {
				case <-stop:
					return
				default:
					_ = m.SendReliable("n", []byte("message"))
				}
			}
		}()
		eventually(t, "a message", func() bool { return n.Counts().StreamsTaken > 3 })
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		close(closed)
		close(stop)
		<-ended
	}
}
