package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
)

var example = logline.Record{
	Time:     time.Date(2026, 3, 1, 12, 0, 3, 4005000, time.FixedZone("", 2*3600)),
	Severity: logline.Warning,
	Event:    "drop",
	Text:     "12 packets dropped",
	Fields: []logline.Field{
		logline.Text("reason", "NO_SOCKET"),
		logline.Count("netns_inode", 4026532200),
		logline.Text("Odd name", "a\nb"),
		logline.Text("empty", ""),
	},
}

func TestEntry(t *testing.T) {
	want := "MESSAGE=12 packets dropped\nPRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=dropwatch\nMESSAGE_ID=" + MessageID("drop") + "\n" +
		"DROPWATCH_EVENT=drop\nDROPWATCH_TIME=2026-03-01T10:00:03.004005Z\nDROPWATCH_REASON=NO_SOCKET\nDROPWATCH_NETNS_INODE=4026532200\n" +
		"DROPWATCH_ODD_NAME\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\nDROPWATCH_EMPTY=\n"
	if diff := cmp.Diff(want, string(appendEntry(nil, "dropwatch", 3, &example))); diff != "" {
		t.Error(diff)
	}
}

func TestMessageIDs(t *testing.T) {
	seen := map[string]string{}
	for _, event := range []string{"drop", "packet", "missed", "counter", "start", "stop", "lost"} {
		id := MessageID(event)
		if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" || seen[id] != "" {
			t.Errorf("event %s has %q, as %q", event, id, seen[id])
		}
		seen[id] = event
	}
	if MessageID("other") != "" {
		t.Error("an unknown event has an ID")
	}
}

// read is a strict reader of the protocol.
func read(b []byte) (fields [][2]string, err error) {
	for len(b) > 0 {
		end := bytes.IndexAny(b, "=\n")
		if end < 1 || end > 64 {
			return nil, fmt.Errorf("bad name at %q", b)
		}
		name := string(b[:end])
		if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || name[0] == '_' {
			return nil, fmt.Errorf("bad name %q", name)
		}
		separator := b[end]
		b = b[end+1:]
		var n uint64
		if separator == '=' {
			n = uint64(bytes.IndexByte(b, '\n'))
		} else {
			if len(b) < 8 {
				return nil, errors.New("short length")
			}
			n, b = binary.LittleEndian.Uint64(b), b[8:]
		}
		if n >= uint64(len(b)) || b[n] != '\n' {
			return nil, fmt.Errorf("value of %s does not end", name)
		}
		fields, b = append(fields, [2]string{name, string(b[:n])}), b[n+1:]
	}
	return fields, nil
}

func FuzzEntry(f *testing.F) {
	f.Add("drop", "text", "reason", "value", uint64(1))
	f.Add("a\nb", "\n", "\n=", "DROPWATCH_X=\n\x00", uint64(1<<63))
	f.Add("", "", "", "", uint64(0))
	f.Fuzz(func(t *testing.T, event, text, name, value string, n uint64) {
		r := logline.Record{Severity: logline.Debug, Event: event, Text: text, Fields: []logline.Field{logline.Text(name, value), logline.Count("n", n)}}
		b := appendEntry(nil, "id", 3, &r)
		got, err := read(b)
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		values := map[string]string{}
		for _, f := range got {
			values[f[0]] = f[1]
		}
		last := got[len(got)-2]
		if values["MESSAGE"] != text || values["PRIORITY"] != "7" || values["DROPWATCH_EVENT"] != event && name != "event" ||
			!strings.HasPrefix(last[0], prefix) || last[1] != value || got[len(got)-1] != [2]string{"DROPWATCH_N", fmt.Sprint(n)} {
			t.Fatalf("%q gives %q", b, got)
		}
	})
}

func TestAbsent(t *testing.T) {
	d := New(Config{Socket: filepath.Join(t.TempDir(), "socket")})
	n, err := d.Write(t.Context(), []logline.Record{example})
	if n != 0 || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is systemd-journald running?") {
		t.Errorf("wrote %d: %v", n, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := make(chan string)
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, err := conn.Read(b)
			if err != nil {
				close(got)
				return
			}
			got <- string(b[:n])
		}
	}()
	go func() {
		d := New(Config{Socket: path, Identifier: "other", Facility: 16})
		defer conn.Close()
		defer d.Close()
		if n, err := d.Write(t.Context(), []logline.Record{example, example}); n != 2 || err != nil {
			t.Errorf("wrote %d: %v", n, err)
		}
	}()
	count := 0
	for text := range got {
		count++
		if !strings.Contains(text, "SYSLOG_FACILITY=16\nSYSLOG_IDENTIFIER=other\n") {
			t.Errorf("got %q", text)
		}
	}
	if count != 2 {
		t.Errorf("%d entries", count)
	}
}
