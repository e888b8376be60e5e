package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	hostNS uint32 = 4026531840
	nsB    uint32 = 4026532200 + iota
	nsC
	nsD
	nsE
)

// hostFixture is a host with PID 1 and ourselves in its namespace.
func hostFixture(t *testing.T) *fixture {
	f := newFixture(t)
	f.process("1", fakeProcess{name: "init", start: 1, netns: hostNS})
	f.process("self", fakeProcess{name: "dropwatch", start: 900, netns: hostNS})
	return f
}

func TestNamespaceNames(t *testing.T) {
	docker := "0::/system.slice/docker-" + idA + ".scope\n"
	f := hostFixture(t)
	f.file("b", nsB, 1)
	f.file("b2", nsB, 1)      // a second file of the same
	f.file("root", hostNS, 1) // does not rename the host
	f.must(os.WriteFile(filepath.Join(f.netns, "plain"), nil, 0o644))
	f.process("50", fakeProcess{name: "in-b", start: 50, netns: nsB, cgroup: docker})
	f.process("60", fakeProcess{name: "pause", start: 60, netns: nsC, cgroup: docker})
	f.process("55", fakeProcess{name: "nsenter", start: 600, netns: nsC})
	f.process("70", fakeProcess{name: "young", start: 800, netns: nsD})
	f.process("71", fakeProcess{name: "old", start: 700, netns: nsD})
	f.process("80", fakeProcess{name: "zombie", start: 80})
	s := NewNamespaces(f.config)
	for inode, want := range map[uint32]string{
		hostNS: "host", nsB: "b", nsC: "docker:4f2a91c0b3d1", nsD: "old(71)", nsE: "", 0: "",
	} {
		if got := s.Name(inode); got != want {
			t.Errorf("Name(%d) = %q, want %q", inode, got, want)
		}
	}
}

func TestOwnNamespaceName(t *testing.T) {
	tests := []struct {
		name      string
		own, init uint32 // 0: cannot be read
		file      string // of our own namespace
		want      string
	}{
		{"host", hostNS, hostNS, "", "host"},
		{"other", nsB, hostNS, "", "self"},
		{"other with a file", nsB, hostNS, "b", "b"},
		{"PID 1 hidden", nsB, 0, "", "self"},
		{"PID 1 hidden, inode of the first", initNetNS, 0, "", "host"},
		{"host with a file", hostNS, hostNS, "b", "host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.process("1", fakeProcess{name: "init", start: 1, netns: tt.init})
			f.process("900", fakeProcess{name: "dropwatch", start: 900, netns: tt.own})
			f.must(os.Symlink("900", filepath.Join(f.proc, "self")))
			if tt.file != "" {
				f.file(tt.file, tt.own, 1)
			}
			if got := NewNamespaces(f.config).Name(tt.own); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReservedAndDoubleFileNames(t *testing.T) {
	f := hostFixture(t)
	second := t.TempDir()
	f.config.NetNSDirs = append(f.config.NetNSDirs, second, filepath.Join(second, "missing"))
	f.file("host", nsB, 1)
	f.file("b", nsC, 1)
	f.must(os.WriteFile(filepath.Join(second, "b"), []byte("4026532300 1"), 0o644))
	s := NewNamespaces(f.config)
	for inode, want := range map[uint32]string{
		hostNS: "host", nsB: filepath.Join(f.netns, "host"), nsC: "b", 4026532300: filepath.Join(second, "b"),
	} {
		if got := s.Name(inode); got != want {
			t.Errorf("Name(%d) = %q, want %q", inode, got, want)
		}
	}
}

func TestNamespaceMissesAreRateLimited(t *testing.T) {
	f := hostFixture(t)
	s := NewNamespaces(f.config)
	if got := s.Name(nsB); got != "" {
		t.Fatalf("got %q", got)
	}
	f.file("b", nsB, 1)
	f.file("c", nsC, 1)
	f.pass(nsGap - 1)
	if got := s.Name(nsC); got != "" {
		t.Errorf("scanned again within the gap: %q", got)
	}
	f.pass(nsRetry - nsGap)
	if got := s.Name(nsB); got != "" {
		t.Errorf("looked again too soon for one that was missed: %q", got)
	}
	f.pass(1)
	if got := s.Name(nsB); got != "b" {
		t.Errorf("got %q, want b", got)
	}
}

func TestGoneNamespaceKeepsItsName(t *testing.T) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	f.process("70", fakeProcess{name: "sleep", start: 700, netns: nsD})
	s := NewNamespaces(f.config)
	s.Name(nsB)
	f.remove("b")
	f.end("70")
	for range 3 {
		f.pass(time.Minute)
		if got := s.Name(nsB); got != "b" {
			t.Errorf("got %q, want b", got)
		}
		if got := s.Name(nsD); got != "sleep(70)" {
			t.Errorf("got %q, want sleep(70)", got)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].Name != "host" {
		t.Errorf("List() = %v, %v; want the host only", list, err)
	}
}

func TestReusedInodeGetsTheNewName(t *testing.T) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	f.process("70", fakeProcess{name: "sleep", start: 700, netns: nsD})
	s := NewNamespaces(f.config)
	s.Name(nsB)
	f.remove("b")
	f.file("c", nsB, 2)
	f.process("70", fakeProcess{name: "other", start: 800, netns: nsD}) // the pid is in use again
	if got := s.Name(nsB); got != "b" {
		t.Errorf("within the recheck: %q, want b", got)
	}
	f.pass(nsRecheck)
	if got := s.Name(nsB); got != "c" {
		t.Errorf("got %q, want c", got)
	}
	if got := s.Name(nsD); got != "other(70)" {
		t.Errorf("got %q, want other(70)", got)
	}
}

func TestInodeOfLongGoneNamespaceIsReused(t *testing.T) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	s := NewNamespaces(f.config)
	s.Name(nsB)
	f.remove("b")
	for range 50 {
		f.pass(time.Second)
		if got := s.Name(nsB); got != "b" {
			t.Fatalf("got %q, want b", got)
		}
	}
	f.file("c", nsB, 2)
	f.pass(nsGap)
	if got := s.Name(nsB); got != "c" {
		t.Errorf("got %q, want c", got)
	}
}

func TestProcessOfNamespaceIsRechecked(t *testing.T) {
	f := hostFixture(t)
	f.process("70", fakeProcess{name: "first", start: 700, netns: nsD})
	s := NewNamespaces(f.config)
	check := func(want string) {
		t.Helper()
		if got := s.Name(nsD); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check("first(70)")
	scanned := s.pace.last
	f.pass(nsGap)
	check("first(70)")
	if s.pace.last != scanned {
		t.Error("scanned although the process is still there")
	}
	f.process("71", fakeProcess{name: "second", start: 710, netns: nsD})
	f.process("70", fakeProcess{name: "first", start: 700, netns: nsB}) // went elsewhere
	f.pass(nsGap)
	check("second(71)")
	f.process("71", fakeProcess{name: "third", start: 720, netns: nsD}) // the pid is in use again
	f.pass(nsGap)
	check("third(71)")
}

func TestNamespaceScanIsBounded(t *testing.T) {
	f := hostFixture(t)
	f.config.MaxProcesses = 2
	for pid, ns := range map[string]uint32{"10": nsB, "11": nsC, "12": nsD} {
		f.process(pid, fakeProcess{name: "x", start: 10, netns: ns})
	}
	s := NewNamespaces(f.config)
	if err := s.Prime(); err != nil {
		t.Fatal(err)
	}
	if reason, yes := s.Restricted(); !yes || !strings.Contains(reason, "only 2 processes") {
		t.Errorf("Restricted() = %q, %v", reason, yes)
	}
}

func TestForgetsGoneNamespacesBeyondTheLimit(t *testing.T) {
	f := hostFixture(t)
	f.config.MaxNamespaces = 3
	s := NewNamespaces(f.config)
	for i := range uint32(20) {
		f.file("b", nsB+i, i)
		if _, err := s.List(); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.known) > 3+2 {
		t.Errorf("%d namespaces are remembered, limit 3 gone ones", len(s.known))
	}
	if got := s.Name(nsB + 19); got != "b" {
		t.Errorf("got %q, want b", got)
	}
}

func TestNamespacesWithoutProc(t *testing.T) {
	f := newFixture(t)
	f.file("b", nsB, 1)
	f.config.Proc = filepath.Join(f.proc, "missing")
	s := NewNamespaces(f.config)
	if err := s.Prime(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("Prime() = %v, want an error with the path", err)
	}
	if got := s.Name(nsB); got != "b" {
		t.Errorf("got %q, want b: files need no /proc", got)
	}
}

func TestOpenUnknownNamespace(t *testing.T) {
	f := hostFixture(t)
	s := NewNamespaces(f.config)
	file, err := s.Open(nsB)
	if file != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, %v; want fs.ErrNotExist", file, err)
	}
}
