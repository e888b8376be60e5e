package datagram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// daemon is a socket that the test reads from when it likes to.
func daemon(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func dial(t *testing.T, path string) *Socket {
	t.Helper()
	s, err := Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func numbered(i int) ([]byte, error) { return fmt.Appendf(nil, "message %d", i), nil }

func receive(t *testing.T, conn *net.UnixConn, n int) {
	t.Helper()
	b := make([]byte, 100)
	for range n {
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Read(b); err != nil {
			t.Fatal(err)
		}
	}
}

// delivery is a Deliver that runs.
type delivery struct {
	n    int
	err  error
	done chan struct{}
}

func deliver(ctx context.Context, s *Socket, n int) *delivery {
	d := &delivery{done: make(chan struct{})}
	go func() {
		defer close(d.done)
		d.n, d.err = s.Deliver(ctx, n, numbered)
	}()
	return d
}

func TestDeliverWaitsForReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	conn := daemon(t, path)
	s := dial(t, path)
	for _, n := range []int{1, 5, 1000} {
		d := deliver(t.Context(), s, n)
		receive(t, conn, n-1)
		select {
		case <-d.done:
			t.Fatalf("%d of %d were read, and %d count as delivered (%v)", n-1, n, d.n, d.err)
		case <-time.After(60 * time.Millisecond):
		}
		receive(t, conn, 1)
		<-d.done
		if d.n != n || d.err != nil {
			t.Errorf("delivered %d of %d: %v", d.n, n, d.err)
		}
	}
}

// Of what a daemon has not read when it dies, nothing counts as delivered, and
// little of the rest is in doubt.
func TestDeliverToDaemonThatDies(t *testing.T) {
	for _, read := range []int{0, 1, 3, 70, 500} {
		path := filepath.Join(t.TempDir(), "s")
		conn := daemon(t, path)
		s := dial(t, path)
		d := deliver(t.Context(), s, 1000)
		receive(t, conn, read)
		time.Sleep(30 * time.Millisecond) // until the socket is full
		conn.Close()
		os.Remove(path)
		second := daemon(t, path)
		<-d.done
		if d.n > read || d.n < read-confirmEvery-20 || !errors.Is(d.err, syscall.ECONNREFUSED) {
			t.Errorf("%d were read, %d count as delivered: %v", read, d.n, d.err)
		}
		second.SetReadDeadline(time.Now().Add(time.Millisecond))
		if n, err := second.Read(make([]byte, 1)); err == nil {
			t.Errorf("the next daemon got %d bytes", n)
		}
	}
}

// When the last message was sent, the daemon may die before it reads it.
func TestDeliverWaitingForDaemonThatDies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	conn := daemon(t, path)
	s := dial(t, path)
	d := deliver(t.Context(), s, 3)
	receive(t, conn, 1)
	time.Sleep(30 * time.Millisecond)
	conn.Close()
	<-d.done
	if d.n > 1 || !errors.Is(d.err, syscall.ECONNREFUSED) {
		t.Errorf("1 was read, %d count as delivered: %v", d.n, d.err)
	}
}

func TestDeliverEndsWithContext(t *testing.T) {
	for _, n := range []int{3, 1000} { // waiting for a reader, and for room
		path := filepath.Join(t.TempDir(), "s")
		conn := daemon(t, path)
		s := dial(t, path)
		ctx, cancel := context.WithCancel(t.Context())
		d := deliver(ctx, s, n)
		receive(t, conn, 1)
		time.Sleep(30 * time.Millisecond)
		cancel()
		<-d.done
		if d.n > 1 || !errors.Is(d.err, context.Canceled) {
			t.Errorf("1 was read, %d count as delivered: %v", d.n, d.err)
		}
	}
}

func TestDeliverLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	conn := daemon(t, path)
	s := dial(t, path)
	text := strings.Repeat("x", 1<<20)
	message := func(int) ([]byte, error) { return []byte(text), nil }
	if n, err := s.Deliver(t.Context(), 1, message); n != 0 || !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("delivered %d: %v", n, err)
	}
	s.Large = func(b []byte) (*os.File, error) {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err == nil {
			_, err = f.Write(b)
		}
		return f, err
	}
	done := make(chan error, 1)
	go func() {
		n, err := s.Deliver(t.Context(), 1, message)
		if n != 1 && err == nil {
			err = fmt.Errorf("delivered %d", n)
		}
		done <- err
	}()
	oob := make([]byte, 100)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 10), oob)
	if err != nil {
		t.Fatal(err, <-done)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		t.Fatal(messages, err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		t.Fatal(fds, err)
	}
	f := os.NewFile(uintptr(fds[0]), "large")
	defer f.Close()
	if b, err := io.ReadAll(io.NewSectionReader(f, 0, 2<<20)); err != nil || string(b) != text {
		t.Errorf("%d bytes: %v", len(b), err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDial(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	path := filepath.Join(dir, "stream")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Dial(path); !errors.Is(err, ErrStream) {
		t.Error(err)
	}
	path = filepath.Join(dir, "dead")
	conn := daemon(t, path)
	conn.Close()
	if _, err := Dial(path); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
}
