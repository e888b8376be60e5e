package hoststat

import (
	"errors"
	"net"
	"testing"
)

// TestWire holds that no more than is allowed is taken from the bus, until the
// next question.
func TestWire(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	w := &wire{Conn: near}
	go func() {
		defer far.Close()
		for range 4 {
			far.Write([]byte("12345"))
		}
	}()
	buffer := make([]byte, 5)
	read := func(want int, wantErr error) {
		t.Helper()
		if n, err := w.Read(buffer); n != want || !errors.Is(err, wantErr) {
			t.Errorf("%d bytes, %v; want %d, %v", n, err, want, wantErr)
		}
	}
	w.allowed.Store(9)
	read(5, nil)
	read(0, errTooMuch)
	read(0, errTooMuch)
	w.allowed.Store(5)
	read(5, nil)
}
