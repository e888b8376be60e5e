package vmtest

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entries reads an archive back: mode, links and data by name.
func entries(t *testing.T, data []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	at := 0
	for {
		if string(data[at:at+6]) != "070701" {
			t.Fatalf("no entry at %d", at)
		}
		field := func(i int) int {
			v, err := strconv.ParseUint(string(data[at+6+8*i:at+14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(v)
		}
		size, length := field(6), field(11)
		name := string(data[at+110 : at+110+length-1])
		start := (at + 110 + length + 3) &^ 3
		end := start + size
		if name == "TRAILER!!!" {
			if (len(data)-end)%4 != 0 || len(data)-end > 3 {
				t.Errorf("%d bytes behind the end", len(data)-end)
			}
			return all
		}
		all[name] = strconv.FormatInt(int64(field(1)), 8) + " " + strconv.Itoa(field(4)) + " " +
			strconv.Itoa(field(9)) + ":" + strconv.Itoa(field(10)) + " " + string(data[start:end])
		at = (end + 3) &^ 3
	}
}

func TestArchive(t *testing.T) {
	var out bytes.Buffer
	a := newArchive(&out)
	a.file("/usr/bin/x", 0o755, []byte("12345"))
	a.file("usr/bin/x", 0o600, []byte("second"))
	a.link("/bin", "usr/bin")
	a.device("/dev/console", 5, 1)
	a.file("/a/../etc/empty", 0o644, nil)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"usr":         "40755 2 0:0 ",
		"usr/bin":     "40755 2 0:0 ",
		"usr/bin/x":   "100755 1 0:0 12345",
		"bin":         "120777 1 0:0 usr/bin",
		"dev":         "40755 2 0:0 ",
		"dev/console": "20600 1 5:1 ",
		"etc":         "40755 2 0:0 ",
		"etc/empty":   "100644 1 0:0 ",
	}
	if diff := cmp.Diff(want, entries(t, out.Bytes())); diff != "" {
		t.Error(diff)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestArchiveError(t *testing.T) {
	a := newArchive(brokenWriter{})
	a.file("x", 0o644, nil)
	if err := a.close(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("close gives %v", err)
	}
}

func FuzzArchive(f *testing.F) {
	f.Add("/usr/bin/x", []byte("data"))
	f.Add("..", []byte{0})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if strings.Contains(name, "\x00") || strings.Contains(name, "TRAILER!!!") {
			return
		}
		var out bytes.Buffer
		a := newArchive(&out)
		a.file(name, 0o644, data)
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		for entry := range entries(t, out.Bytes()) {
			if strings.HasPrefix(entry, "/") || strings.HasPrefix(entry+"/", "../") {
				t.Errorf("entry %q", entry)
			}
		}
	})
}
