package logtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A Tree is where the files of Debian packages were unpacked. Nothing is installed:
// rsyslog and syslog-ng cannot be installed together, and neither should run on the
// host just because somebody tests.
type Tree struct{ root string }

// Unpack gets packages and unpacks them, once for all runs. Without them the test
// fails where it must not be left out, with DROPWATCH_CI=1, and else is skipped:
// it asks nobody's network for packages unless told to.
func Unpack(t *testing.T, name string, packages ...string) Tree {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the daemons need root")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(cache, "dropwatch", "daemons", name)
	if _, err := os.Stat(root); err == nil {
		return Tree{root}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if os.Getenv("DROPWATCH_CI") == "" {
		t.Skipf("%s is not there; run once with DROPWATCH_CI=1 to get it", name)
	}
	if err := unpack(root, packages); err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	return Tree{root}
}

// unpack makes the tree whole or not at all.
func unpack(root string, packages []string) error {
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(root), "new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	download := append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download"}, packages...)
	if run(work, "apt-get", download...) != nil { // the lists may be old
		if err := run(work, "apt-get", "-qq", "update"); err != nil {
			return err
		}
		if err := run(work, "apt-get", download...); err != nil {
			return err
		}
	}
	debs, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return err
	}
	tree := filepath.Join(work, "tree")
	for _, deb := range debs {
		if err := run(work, "dpkg-deb", "--extract", deb, tree); err != nil {
			return err
		}
	}
	err = os.Rename(tree, root)
	if _, missing := os.Stat(root); missing == nil {
		return nil // somebody else was faster
	}
	return err
}

func run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", name, args, err, out)
	}
	return nil
}

// Path is the path of a file of the packages, given as that on a host.
func (tr Tree) Path(path string) string { return filepath.Join(tr.root, path) }

// Find is the first file or directory that matches a pattern.
func (tr Tree) Find(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(tr.Path(pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, tr.root, err)
	}
	return found[0]
}

// NeedProgram finds a program of the host.
func NeedProgram(t *testing.T, path, pack string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the daemons need root")
	}
	found, err := exec.LookPath(path)
	if err == nil {
		return found
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatalf("%v; install it with: apt-get install %s", err, pack)
	}
	t.Skipf("%v; install it with: apt-get install %s", err, pack)
	return ""
}
