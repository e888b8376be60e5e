package rotate

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Unix(1_000_000_000, 900_000_000).UTC()

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// record writes one letter after another, one a second. Each file begins with a
// header of two bytes.
func record(c Config, text string) error {
	f, err := Open(c, start)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Write([]byte("H:"))
	for i, letter := range text {
		if err != nil {
			return err
		}
		var turn bool
		if turn, err = f.Turn(start.Add(time.Duration(i+1)*time.Second), int64(size)); err != nil {
			return err
		}
		if turn {
			if err = f.Next(); err != nil {
				return err
			}
			if size, err = f.Write([]byte("H:")); err != nil {
				return err
			}
		}
		var n int
		n, err = f.Write([]byte(string(letter)))
		size += n
	}
	return errors.Join(err, f.Close())
}

func TestFiles(t *testing.T) {
	for _, test := range []struct {
		config Config
		text   string
		want   map[string]string
		err    error
	}{
		{Config{Path: "x"}, "abcdefghi", map[string]string{"x": "H:abcdefghi"}, nil},
		{Config{Path: "x", Count: 1}, "abcdefghi", map[string]string{"x": "H:abcdefghi"}, nil},
		{Config{Path: "x", Size: 4}, "abcdefghi", map[string]string{"x": "H:abc", "x1": "H:def", "x2": "H:ghi"}, nil},
		{Config{Path: "x", Size: 4, Count: 2}, "abcdefghij", map[string]string{"x0": "H:ghi", "x1": "H:j"}, nil},
		{Config{Path: "x", Size: 1}, "abc", map[string]string{"x": "H:", "x1": "H:a", "x2": "H:b", "x3": "H:c"}, nil},
		{Config{Path: "x%S", Every: 3 * time.Second}, "abcdefg", map[string]string{"x40": "H:ab", "x43": "H:cde", "x46": "H:fg"}, nil},
		{Config{Path: "x", Every: 3 * time.Second}, "abcdefg", map[string]string{"x": "H:fg"}, nil},
		{Config{Path: "x%S", Every: 3 * time.Second, Count: 2}, "abcdefg", map[string]string{"x40": "H:ab", "x43": "H:cde"}, ErrLast},
		{Config{Path: "x%S-", Every: 5 * time.Second, Size: 3}, "abcdefgh", map[string]string{"x40-": "H:ab", "x40-1": "H:cd", "x45-": "H:ef", "x45-1": "H:gh"}, nil},
		{Config{Path: "x%S-", Every: 9 * time.Second, Size: 3, Count: 2}, "abcdefgh", map[string]string{"x40-0": "H:ef", "x40-1": "H:gh"}, nil},
	} {
		dir := t.TempDir()
		test.config.Path = filepath.Join(dir, test.config.Path)
		if err := record(test.config, test.text); !errors.Is(err, test.err) {
			t.Errorf("%+v: %v", test.config, err)
		}
		if diff := cmp.Diff(test.want, contents(t, dir)); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", test.config, diff)
		}
	}
}

// TestClockSetBack has a clock go back: by less than a period that is of no
// matter, by more the period begins anew.
func TestClockSetBack(t *testing.T) {
	f, err := Open(Config{Path: filepath.Join(t.TempDir(), "x%s"), Every: 10 * time.Second}, start)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, step := range []struct {
		second int
		turn   bool
	}{{5, false}, {-5, false}, {9, false}, {10, true}, {-3600, false}, {-3591, false}, {-3590, true}} {
		turn, err := f.Turn(start.Add(time.Duration(step.second)*time.Second), 0)
		if turn != step.turn || err != nil {
			t.Errorf("after %d seconds: %t, %v", step.second, turn, err)
		}
		if turn {
			if err := f.Next(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for want, c := range map[string]Config{
		"empty":                           {},
		"standard output cannot":          {Path: "-", Size: 1},
		"standard output cannot be":       {Path: "-", Every: time.Second},
		"negative":                        {Path: path, Size: -1},
		"count of -1":                     {Path: path, Count: -1},
		"whole number":                    {Path: path, Every: 1500 * time.Millisecond},
		"-1s is no whole number":          {Path: path, Every: -time.Second},
		"%Q":                              {Path: path + "%Q", Every: time.Second},
		"has 5000 bytes, more than 4095":  {Path: strings.Repeat("x", 5000)},
		"more than 4095":                  {Path: strings.Repeat("%Y", 2000), Every: time.Second},
		"no/such/folder: no such file or": {Path: filepath.Join(t.TempDir(), "no/such/folder")},
	} {
		if f, err := Open(c, start); err == nil || f != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestStdout(t *testing.T) {
	var b bytes.Buffer
	f, err := Open(Config{Path: "-", Count: 1, Stdout: &b}, start)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("abc")); err != nil {
		t.Error(err)
	}
	if turn, err := f.Turn(start.Add(time.Hour), 1<<40); turn || err != nil || f.Next() != nil {
		t.Errorf("turn %t, %v", turn, err)
	}
	if err := f.Close(); err != nil || b.String() != "abc" || f.Name() != "-" {
		t.Errorf("%v, %q in %s", err, b.String(), f.Name())
	}
	if _, err := f.Write([]byte("abc")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("written after Close: %v", err)
	}
}

func TestFilesAreSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := record(Config{Path: path, Size: 3}, "abcdef"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode(); mode&0o177 != 0 {
			t.Errorf("%s has mode %v", name, mode)
		}
	}
}

func TestNextFails(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(Config{Path: filepath.Join(dir, "x"), Size: 1}, start)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "x1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if turn, err := f.Turn(start, 2); !turn || err != nil {
		t.Fatalf("%t, %v", turn, err)
	}
	if err := f.Next(); !errors.Is(err, syscall.EISDIR) || !strings.Contains(err.Error(), filepath.Join(dir, "x1")) {
		t.Errorf("%v", err)
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("%v", err)
	}
}

// TestDeviceIsFull writes to what is no regular file.
func TestDeviceIsFull(t *testing.T) {
	f, err := Open(Config{Path: "/dev/full"}, start)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("x")); !errors.Is(err, syscall.ENOSPC) || err.Error() != "write /dev/full: no space left on device" {
		t.Errorf("%v", err)
	}
}
