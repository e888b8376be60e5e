package owner

import (
	"os"
	"testing"
	"time"
)

// A fakeLinks stands for the interfaces of all namespaces and counts the dumps.
type fakeLinks struct {
	names map[uint32]string
	err   error
	dumps int
}

func (l *fakeLinks) read(entry) (map[uint32]string, error) {
	l.dumps++
	return l.names, l.err
}

func linkFixture(t *testing.T) (*fixture, *fakeLinks, *Namespaces) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	l := &fakeLinks{names: map[uint32]string{1: "lo", 2: "veth0"}}
	f.config.readLinks = l.read
	return f, l, NewNamespaces(f.config)
}

func wantLink(t *testing.T, s *Namespaces, index uint32, want string) {
	t.Helper()
	if got := s.InterfaceName(nsB, index); got != want {
		t.Errorf("interface %d: got %q, want %q", index, got, want)
	}
}

func TestInterfaceNameIsCached(t *testing.T) {
	f, l, s := linkFixture(t)
	for range 5 {
		wantLink(t, s, 2, "veth0")
		wantLink(t, s, 9, "") // a miss within the second
	}
	if l.dumps != 1 {
		t.Errorf("%d dumps, want 1", l.dumps)
	}
	f.pass(linkRetry)
	wantLink(t, s, 2, "veth0")
	if l.dumps != 1 {
		t.Errorf("%d dumps after a hit, want 1", l.dumps)
	}
	wantLink(t, s, 9, "")
	if l.dumps != 2 {
		t.Errorf("%d dumps after a late miss, want 2", l.dumps)
	}
}

func TestInterfaceRenamedAndVanished(t *testing.T) {
	f, l, s := linkFixture(t)
	wantLink(t, s, 2, "veth0")
	l.names = map[uint32]string{1: "lo", 3: "eth1\x1b"}
	f.pass(linkAge)
	wantLink(t, s, 2, "veth0") // kept
	wantLink(t, s, 3, "eth1?")
	l.names = map[uint32]string{2: "new0"}
	f.pass(linkRetry) // one that vanished is looked for as soon as a miss
	wantLink(t, s, 2, "new0")
}

func TestInterfaceNameAfterFailedDump(t *testing.T) {
	f, l, s := linkFixture(t)
	wantLink(t, s, 2, "veth0")
	l.err = os.ErrPermission
	f.pass(linkAge)
	wantLink(t, s, 2, "veth0")
	if _, yes := s.Restricted(); !yes {
		t.Error("a refused dump does not show in Restricted")
	}
}

func TestInterfacesOfReusedNamespaceAreForgotten(t *testing.T) {
	f, l, s := linkFixture(t)
	wantLink(t, s, 2, "veth0")
	l.names = map[uint32]string{1: "lo"}
	f.file("b", nsB, 2) // deleted and made again: same name, same inode
	f.pass(nsRecheck)
	wantLink(t, s, 2, "")
	wantLink(t, s, 1, "lo")
}

func TestInterfacesOfGoneNamespaceAreKept(t *testing.T) {
	f, l, s := linkFixture(t)
	wantLink(t, s, 2, "veth0")
	f.remove("b")
	f.pass(time.Minute)
	wantLink(t, s, 2, "veth0")
	if l.dumps != 1 {
		t.Errorf("%d dumps, want 1", l.dumps)
	}
}

func TestPrimeReadsInterfacesOfAllWithinLimits(t *testing.T) {
	f, l, _ := linkFixture(t)
	f.file("c", nsC, 1)
	f.config.MaxNamespaces = 2
	s := NewNamespaces(f.config)
	if err := s.Prime(); err != nil {
		t.Fatal(err)
	}
	if l.dumps != 2 {
		t.Errorf("%d dumps, want 2", l.dumps)
	}
	f.config.MaxNamespaces = 0
	f.config.readLinks = func(e entry) (map[uint32]string, error) {
		f.pass(primeTime / 2)
		return l.read(e)
	}
	l.dumps = 0
	if err := NewNamespaces(f.config).Prime(); err != nil {
		t.Fatal(err)
	}
	if l.dumps != 2 {
		t.Errorf("%d slow dumps, want 2 of 3 namespaces", l.dumps)
	}
}

func TestGoneInterfacesAreBounded(t *testing.T) {
	var l links
	for i := range uint32(3) {
		names := make(map[uint32]string)
		for j := range uint32(maxGoneLinks) {
			names[i*maxGoneLinks+j] = "x"
		}
		l.replace(names)
	}
	l.replace(map[uint32]string{1: "lo"})
	if len(l.byIndex) > maxGoneLinks+1 {
		t.Errorf("%d interfaces are remembered", len(l.byIndex))
	}
}
