package logfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
)

// numbers writes the text of records alone, which makes files easy to read.
type numbers struct{ header string }

func (e numbers) AppendHeader(b []byte) []byte { return append(b, e.header...) }
func (e numbers) AppendLine(b []byte, r *logline.Record) []byte {
	return append(append(b, r.Text...), '\n')
}

func records(from, to int) (rs []logline.Record) {
	for i := from; i < to; i++ {
		rs = append(rs, logline.Record{Text: fmt.Sprintf("line %d", i)})
	}
	return rs
}

func open(t *testing.T, c Config) *File {
	t.Helper()
	f, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, f *File, from, to int) {
	t.Helper()
	if n, err := f.Write(t.Context(), records(from, to)); n != to-from || err != nil {
		t.Fatalf("wrote %d of %d: %v", n, to-from, err)
	}
}

func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(b)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFileAppends(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	f := open(t, Config{Path: path, Encoder: numbers{"head\n"}})
	write(t, f, 0, 2)
	f.Close()
	f = open(t, Config{Path: path, Encoder: numbers{"head\n"}})
	write(t, f, 2, 3)
	wantFiles(t, dir, map[string]string{"log": "head\nline 0\nline 1\nline 2\n"})
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A file that ends within a line, because somebody pulled the plug, gets a new one.
func TestFileAfterTornLine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	if err := os.WriteFile(path, []byte("line 0\nlin"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, Config{Path: path, Encoder: numbers{"head\n"}})
	write(t, f, 1, 3)
	write(t, f, 3, 4)
	wantFiles(t, dir, map[string]string{"log": "line 0\nlin\nline 1\nline 2\nline 3\n"})
}

func TestFileRotatesBySize(t *testing.T) {
	dir := t.TempDir()
	f := open(t, Config{Path: filepath.Join(dir, "log"), Encoder: numbers{"h\n"}, MaxBytes: 14, Keep: 2})
	write(t, f, 0, 8) // two lines and the header are 16 bytes
	wantFiles(t, dir, map[string]string{"log": "h\nline 6\nline 7\n", "log.1": "h\nline 4\nline 5\n", "log.2": "h\nline 2\nline 3\n"})
	write(t, f, 8, 9)
	wantFiles(t, dir, map[string]string{"log": "h\nline 8\n", "log.1": "h\nline 6\nline 7\n", "log.2": "h\nline 4\nline 5\n"})
}

func TestFileRotatesByTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	synctest.Test(t, func(t *testing.T) { // begins at midnight, UTC
		f := open(t, Config{Path: path, Encoder: numbers{}, Every: time.Hour})
		write(t, f, 0, 1)
		time.Sleep(59 * time.Minute)
		write(t, f, 1, 2)
		time.Sleep(time.Minute)
		write(t, f, 2, 3)
		f.Close()
		// The time of the file is what tells a later run.
		if err := os.Chtimes(path, time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		f = open(t, Config{Path: path, Encoder: numbers{}, Every: time.Hour})
		write(t, f, 3, 4)
		f.Close()
		time.Sleep(25 * time.Hour)
		f = open(t, Config{Path: path, Encoder: numbers{}, Every: time.Hour})
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
			t.Fatal(err)
		}
		f.Reopen()
		write(t, f, 4, 5)
	})
	wantFiles(t, dir, map[string]string{"log": "line 4\n", "log.1": "line 2\nline 3\n", "log.2": "line 0\nline 1\n"})
}

func TestPeriods(t *testing.T) {
	f := File{c: Config{Every: 24 * time.Hour}}
	zone := time.FixedZone("", 5*3600+1800)
	got := f.periodOf(time.Date(2026, 3, 4, 1, 2, 3, 4, zone))
	if want := time.Date(2026, 3, 4, 0, 0, 0, 0, zone); !got.Equal(want) {
		t.Errorf("the day begins at %v, not %v", got, want)
	}
}

// Somebody else has renamed the file: reopen follows, and rotation does not rename
// what is not ours.
func TestFileRenamedByOthers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	f := open(t, Config{Path: path, Encoder: numbers{}, MaxBytes: 20})
	write(t, f, 0, 1)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	write(t, f, 1, 2)
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, f, 2, 5)
	if err := os.Rename(path, path+".mine"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, f, 5, 6)
	wantFiles(t, dir, map[string]string{"log": "new\nline 5\n", "log.old": "line 0\nline 1\n", "log.mine": "line 2\nline 3\nline 4\n"})
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, cure := range map[string]string{
		filepath.Join(dir, "none", "log"): "make the directory first",
		pipe:                              "use stdout for pipes",
		dir:                               "is a directory",
	} {
		f, err := Open(Config{Path: path, Encoder: numbers{}})
		if err == nil {
			f.Close()
			t.Errorf("%s could be opened", path)
		} else if !strings.Contains(err.Error(), cure) {
			t.Errorf("%v: does not say %q", err, cure)
		}
	}
	f := open(t, Config{Path: "/dev/full", Encoder: numbers{}})
	if n, err := f.Write(t.Context(), records(0, 2)); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("wrote %d to a full device: %v", n, err)
	}
}

// limit bounds the size of files that this process writes.
func limit(t *testing.T, bytes uint64) (undo func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	set := func(cur uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: cur, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
	}
	set(bytes)
	return func() { set(old.Cur) }
}

// Wherever a write stops, the file has whole lines, and no record is there twice.
func TestFileShortWrite(t *testing.T) {
	for stop := range uint64(40) {
		dir := t.TempDir()
		path := filepath.Join(dir, "log")
		f := open(t, Config{Path: path, Encoder: numbers{"head\n"}})
		undo := limit(t, stop)
		n, err := f.Write(t.Context(), records(0, 5))
		undo()
		if lines := max(0, int(stop)-5) / 7; n != min(lines, 5) || stop < 40 && !errors.Is(err, syscall.EFBIG) {
			t.Errorf("room for %d bytes: wrote %d: %v", stop, n, err)
		}
		b, _ := os.ReadFile(path)
		if len(b) > 0 && b[len(b)-1] != '\n' {
			t.Errorf("room for %d bytes: the file has %q", stop, b)
		}
		write(t, f, n, 6)
		wantFiles(t, dir, map[string]string{"log": "head\nline 0\nline 1\nline 2\nline 3\nline 4\nline 5\n"})
	}
}
