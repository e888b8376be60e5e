package action

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/alert"
)

// socket is a syslog daemon of this host.
func socket(t *testing.T) (*net.UnixConn, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "alert") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "log")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, path
}

func TestSyslog(t *testing.T) {
	conn, path := socket(t)
	rules := []alert.Rule{{Name: "memory", When: "memory.used > 90%", Actions: []string{"loghost"}}}
	r, err := NewRunner(rules, map[string]Action{"loghost": {Syslog: "syslog+unix://" + path + "?facility=local3&format=rfc5424"}}, Options{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	begin, end := example(), example()
	end.Firing, end.Time, end.Number = false, end.Time.Add(time.Minute), 0.5
	r.Do([]alert.Event{begin, end})
	for _, want := range []struct{ head, text string }{
		// facility 19; critical is 2, notice 5
		{"<154>1 2026-03-01T03:01:00.000000Z ", " CRITICAL -rf $(id): memory.used is 94% (above 90% for 1m)"},
		{"<157>1 2026-03-01T03:02:00.000000Z ", " OK -rf $(id): memory.used is 50% (was above 90% for 2m, at worst 94%)"},
	} {
		b := make([]byte, 4096)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		got := string(b[:n])
		if !strings.HasPrefix(got, want.head) || !strings.HasSuffix(got, want.text) || !strings.Contains(got, ` alert [dropwatch@32473 rule="memory" state="`) || !strings.Contains(got, `condition="memory.used > 0.9"`) {
			t.Errorf("%s", got)
		}
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
