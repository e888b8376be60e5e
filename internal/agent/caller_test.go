package agent

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// TestCaller: who is at the other end is known, and only some may change things.
func TestCaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	accepted, err := callerListener{listener}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	if got, want := accepted.RemoteAddr().String(), caller(os.Geteuid()).String(); got != want {
		t.Errorf("the caller is %q, want %q", got, want)
	}
	for from, want := range map[string]bool{"uid 0": true, caller(os.Geteuid()).String(): true, "uid 65533": false, "uid 4294967295": false, "": false, "@": false} {
		r := &http.Request{RemoteAddr: from}
		if got := mayChange(r); got != want {
			t.Errorf("%q may change: %v", from, got)
		}
	}
	w := httptest.NewRecorder()
	new(Agent).serveForget(w, &http.Request{RemoteAddr: "uid 65533"})
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}
