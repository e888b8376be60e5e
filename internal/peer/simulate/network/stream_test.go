package network

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pair is a stream with both of its ends.
func pair(t *testing.T) (mine, theirs net.Conn, a, b *Endpoint) {
	t.Helper()
	n := New(1)
	a, b = n.Add(), n.Add()
	mine, err := a.DialTimeout(b.Address().String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	theirs = <-b.StreamCh()
	t.Cleanup(func() {
		mine.Close()
		theirs.Close()
	})
	return mine, theirs, a, b
}

func TestStream(t *testing.T) {
	mine, theirs, a, b := pair(t)
	text := bytes.Repeat([]byte("0123456789abcdef"), 3*window/16) // more than there is room for
	var sender sync.WaitGroup
	sender.Go(func() {
		if n, err := mine.Write(text); n != len(text) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		mine.Close()
	})
	got, err := io.ReadAll(theirs)
	sender.Wait()
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("read %d bytes of %d, %v", len(got), len(text), err)
	}
	if mine.RemoteAddr().String() != "10.0.0.2:1513" || theirs.RemoteAddr().String() != "10.0.0.1:1513" || mine.LocalAddr().String() != "10.0.0.1:1513" {
		t.Errorf("addresses %v, %v", mine.RemoteAddr(), theirs.RemoteAddr())
	}
	segments := (len(text) + 1447) / 1448
	want := Traffic{Streams: 1, StreamBytes: uint64(len(text) + 52*(segments+4))}
	if a.Counts().Sent != want || b.Counts().Received != want {
		t.Errorf("counted %+v and %+v, want %+v", a.Counts().Sent, b.Counts().Received, want)
	}
	if len(a.conns) != 0 || len(b.conns) != 1 {
		t.Errorf("%d and %d streams are kept", len(a.conns), len(b.conns))
	}
}

func TestStreamDeadlines(t *testing.T) {
	const soon = 20 * time.Millisecond
	tooMuch := make([]byte, window+1)
	for _, c := range []struct {
		name string
		set  func(net.Conn, time.Time) error
		wait func(net.Conn) error
	}{
		{"read", net.Conn.SetReadDeadline, func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err }},
		{"write", net.Conn.SetWriteDeadline, func(c net.Conn) error { _, err := c.Write(tooMuch); return err }},
		{"both", net.Conn.SetDeadline, func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			mine, _, _, _ := pair(t)
			begun := time.Now()
			if err := c.set(mine, begun.Add(soon)); err != nil {
				t.Fatal(err)
			}
			err := c.wait(mine)
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) < soon {
				t.Errorf("%v after %v", err, time.Since(begun))
			}
		})
		t.Run(c.name+" moved while waiting", func(t *testing.T) {
			mine, _, _, _ := pair(t)
			if err := c.set(mine, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- c.wait(mine) }()
			if err := c.set(mine, time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-done:
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
			case <-time.After(patience):
				t.Fatal("still waits")
			}
		})
	}
}

func TestStreamDeadlineTakenBack(t *testing.T) {
	mine, theirs, _, _ := pair(t)
	for _, at := range []time.Time{time.Now().Add(-time.Second), {}} {
		if err := mine.SetDeadline(at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := theirs.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := mine.Read(make([]byte, 9)); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// Whoever waits at a stream of a node that is killed is woken.
func TestStreamBreaks(t *testing.T) {
	for _, c := range []struct {
		name       string
		stop       func(a, b *Endpoint, theirs net.Conn)
		read, more error // of a reader, and of a writer after that
	}{
		{"killed", func(_, b *Endpoint, _ net.Conn) { b.Kill() }, syscall.ECONNRESET, syscall.ECONNRESET},
		{"cut off", func(a, _ *Endpoint, _ net.Conn) { a.Kill() }, syscall.ECONNRESET, syscall.ECONNRESET},
		{"ended", func(_, b *Endpoint, _ net.Conn) { b.Shutdown() }, syscall.ECONNRESET, syscall.ECONNRESET},
		{"closed", func(_, _ *Endpoint, theirs net.Conn) { theirs.Close() }, io.EOF, syscall.EPIPE},
	} {
		t.Run(c.name, func(t *testing.T) {
			mine, theirs, a, b := pair(t)
			done := make(chan error)
			go func() {
				_, err := mine.Read(make([]byte, 1))
				done <- err
			}()
			c.stop(a, b, theirs)
			select {
			case err := <-done:
				if !errors.Is(err, c.read) {
					t.Errorf("read: %v", err)
				}
			case <-time.After(patience):
				t.Fatal("still waits")
			}
			if _, err := mine.Write([]byte("x")); !errors.Is(err, c.more) {
				t.Errorf("write: %v", err)
			}
			mine.Close()
			if _, err := mine.Write([]byte("x")); err == nil {
				t.Error("wrote after closing")
			}
			if _, err := mine.Read(make([]byte, 1)); err == nil {
				t.Error("read after closing")
			}
		})
	}
}

func TestStreamBacklog(t *testing.T) {
	n := New(1)
	a, b := n.Add(), n.Add()
	for range backlog {
		if _, err := a.DialTimeout(b.Address().String(), patience); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.DialTimeout(b.Address().String(), patience); !errors.Is(err, syscall.ECONNREFUSED) || b.Counts().Refused != 1 {
		t.Errorf("one too many: %v, counted %+v", err, b.Counts())
	}
	if len(a.conns) != backlog || len(b.conns) != backlog {
		t.Errorf("%d and %d streams are kept", len(a.conns), len(b.conns))
	}
	// Those that nobody took end with the node.
	b.Shutdown()
	if len(b.conns) != 0 {
		t.Errorf("%d streams are kept", len(b.conns))
	}
}
