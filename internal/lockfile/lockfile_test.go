package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestTake(t *testing.T) {
	dir := t.TempDir()
	first, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(dir); !errors.Is(err, ErrTaken) {
		t.Errorf("taken twice: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, Name))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can open the file: %v, %v", info.Mode(), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if _, err := Take(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestTakeFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(t.TempDir(), "other"), filepath.Join(dir, Name)); err != nil {
		t.Fatal(err)
	}
	if f, err := Take(dir); err == nil {
		f.Close()
		t.Error("a link was followed")
	}
}
