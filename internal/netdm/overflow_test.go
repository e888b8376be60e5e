package netdm

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The reader and its count of losses on a real netlink socket: user space may
// send to a group of NETLINK_USERSOCK, so no drop monitor is needed.
func TestOverflowIsExact(t *testing.T) {
	const group = 3
	conn, err := netlink.Dial(unix.NETLINK_USERSOCK, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.JoinGroup(group); errors.Is(err, os.ErrPermission) {
		t.Skip("joining a netlink group needs CAP_NET_ADMIN")
	} else if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	r, err := newReceiver(conn, fakeFamily, nil)
	if err != nil {
		t.Fatal(err)
	}
	const sent = 1000
	shout(t, group, sent)

	var w wake
	got := 0
	if err := r.run(time.Unix(1, 0), &w, func(a *Alert) { got++ }); err != nil {
		t.Fatal(err)
	}
	if err := r.drops.sample(r.raw); err != nil {
		t.Fatal(err)
	}
	if got == 0 || got == sent || uint64(got)+r.drops.total != sent {
		t.Errorf("sent %d, got %d, lost %d", sent, got, r.drops.total)
	}
	var listed uint32
	var failed error
	if err := r.raw.Control(func(fd uintptr) { listed, failed = listedDrops(fd) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	if uint64(listed) != r.drops.total {
		t.Errorf("/proc/net/netlink counts %d, the socket %d", listed, r.drops.total)
	}
}

// shout sends alerts to everybody in the group.
func shout(t *testing.T, group uint, n int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_USERSOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p := packets["software"]
	message := encodePacket(&p)
	for range n {
		err := unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (group - 1)})
		// The group has it by then; the kernel itself does not listen.
		if !errors.Is(err, unix.ECONNREFUSED) {
			t.Fatal(err)
		}
	}
}

func TestParseDrops(t *testing.T) {
	const list = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 16  1234       00000001 0        0        0     2        17       4711
0000000000000000 16  1235       00000001 0        0        0     2        -2       4712
`
	for inode, want := range map[uint64]uint32{4711: 17, 4712: 0xfffffffe} {
		if got, err := parseDrops(strings.NewReader(list), inode); got != want || err != nil {
			t.Errorf("inode %d: got %d, %v, want %d", inode, got, err, want)
		}
	}
	for _, bad := range []string{"", list[:100], strings.ReplaceAll(list, "17 ", "xx ")} {
		if got, err := parseDrops(strings.NewReader(bad), 4711); err == nil {
			t.Errorf("got %d without an error from %q", got, bad)
		}
	}
}

func TestSocketDropsWrap(t *testing.T) {
	d := socketDrops{last: 0xfffffff0, total: 5}
	d.add(0x10)
	if d.total != 5+0x20 {
		t.Errorf("total %d", d.total)
	}
}
