package scenario

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// leftovers are the lab namespaces of this process.
func leftovers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(namespaceDir, fmt.Sprintf("dw%d-*", os.Getpid())))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func interfaceNames(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	return strings.Join(names, " ")
}

func TestRootLab(t *testing.T) {
	needRoot(t)
	needed(t, VirtualNet)
	before := interfaceNames(t)
	var inodes []uint32
	for _, o := range []Options{{}, {Forward: true}, {Forward: true, IPv6: true}} {
		l, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, n := range l.list() {
			inodes = append(inodes, l.Inode(n))
		}
		if got := len(leftovers(t)); got != len(inodes) {
			t.Errorf("%d namespaces for %d nodes", got, len(inodes))
		}
		defer func() {
			if err := errors.Join(l.Close(), l.Close()); err != nil {
				t.Errorf("close twice: %v", err)
			}
			if _, err := l.Run(A, "ip link"); err == nil {
				t.Error("a closed lab runs programs")
			}
		}()
	}
	if names := interfaceNames(t); names != before {
		t.Errorf("interfaces %q, before the lab %q", names, before)
	}
}

func TestRootLabIsGone(t *testing.T) {
	needRoot(t)
	needed(t, VirtualNet)
	l, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	failing := errors.New("cannot undo")
	l.onClose(func() error { return failing })
	err = l.Do(B, func() error { panic("in the lab") })
	if err == nil || !strings.Contains(err.Error(), "in the lab") {
		t.Errorf("panic became %v", err)
	}
	if err := l.Close(); !errors.Is(err, failing) {
		t.Errorf("close hides %v: %v", failing, err)
	}
	if left := leftovers(t); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRootLabIsQuiet makes sure that nothing is sent or dropped in a lab by
// itself: whatever crosses the wire was sent by a scenario.
func TestRootLabIsQuiet(t *testing.T) {
	needRoot(t)
	needed(t, VirtualNet)
	needed(t, IPv6)
	l, err := New(Options{Forward: true, IPv6: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, n := range []Node{A, C} {
		e := l.endsOf(n)[0]
		sent, err := l.ReadCounter(n, "link/"+e.name+"/tx/packets")
		if err != nil || sent != 0 {
			t.Errorf("node %s sent %d packets unasked (%v)", n, sent, err)
		}
	}
	frame := ipv6().frame(ipHeader{protocol: 253}, make([]byte, 20))
	if err := l.inject("ab", frame, 3); err != nil {
		t.Fatal(err)
	}
	if sent, err := l.ReadCounter(A, "link/ab/tx/packets"); err != nil || sent != 3 {
		t.Errorf("counted %d packets of 3 (%v)", sent, err)
	}
}

// TestRootLabAsNew takes rules and devices out of a lab that is used again.
func TestRootLabAsNew(t *testing.T) {
	needRoot(t)
	needed(t, VirtualNet, NFT, TunTap)
	l, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := ipv4()
	if err := l.nftDrop(B, f.table, "input priority 0", "meta l4proto udp counter name hits drop"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.tap(B); err != nil {
		t.Fatal(err)
	}
	if err := l.empty(); err != nil || l.changed {
		t.Fatalf("empty: %v; changed: %v", err, l.changed)
	}
	before, err := l.ReadCounter(B, "Udp.NoPorts")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), 3, 20, nil); err != nil {
		t.Fatal(err)
	}
	if after, err := l.ReadCounter(B, "Udp.NoPorts"); err != nil || after-before != 3 {
		t.Errorf("%d of 3 packets passed the rules that were taken away (%v)", after-before, err)
	}
	if _, err := l.ReadCounter(B, "link/tap/rx/packets"); err == nil {
		t.Error("the tap is still there")
	}
	if err := l.configure(B, setLink("ba", mtu(1400))); err != nil || !l.changed {
		t.Errorf("configure: %v; changed: %v", err, l.changed)
	}
}
