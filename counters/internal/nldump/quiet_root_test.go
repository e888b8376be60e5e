package nldump

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel takes the program, and what comes is cut.
func TestRootSilenceInKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatal("run as root: network namespaces need it")
		}
		t.Skip("needs root for network namespaces")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = silenceOne(t)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// silenceOne has one socket in its namespace, which tells something or not.
func silenceOne(t *testing.T) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	c, err := Dial(Config{Family: unix.NETLINK_SOCK_DIAG, BufferBytes: 4096})
	if err = errors.Join(err, unix.Bind(fd, &unix.SockaddrInet4{})); err != nil {
		return err
	}
	defer c.Close()
	length := 0
	count := func() (n int, err error) {
		err = c.Ask(udpRequest(unix.AF_INET, unix.IPPROTO_UDP), func(m Message) error {
			n, length = n+1, m.Length
			return nil
		})
		return n, err
	}
	if n, err := count(); n != 1 || err != nil {
		return fmt.Errorf("%d sockets: %w", n, err)
	}
	const state, timer, cookie = messageHeader, messageHeader + 52, messageHeader + 44 // in struct inet_diag_msg
	closed := binary.NativeEndian.Uint32([]byte{unix.AF_INET, 7, 0, 0})
	longer := Quiet{Length: length + 4, Mark: state, MarkValue: closed, Zero: timer}
	for _, test := range []struct {
		rules []Quiet
		want  int
	}{
		{[]Quiet{longer}, 1},
		{[]Quiet{longer, {Length: length, Mark: state, MarkValue: closed, Zero: cookie}}, 1},
		{[]Quiet{longer, {Length: length, Mark: state, MarkValue: closed + 1, Zero: timer}}, 1},
		{[]Quiet{longer, {Length: length, Mark: state, MarkValue: closed, Zero: timer}}, 0},
		{nil, 1},
	} {
		if err := c.Silence(test.rules...); err != nil {
			if errors.Is(err, unix.ENOMEM) && len(test.rules) > 1 {
				t.Logf("this kernel takes one rule: %v", err) // before Linux 6.7
				err = c.Silence(test.rules[1:]...)
			}
			if err != nil {
				return err
			}
		}
		if n, err := count(); n != test.want || err != nil {
			t.Errorf("%d sockets with %+v, want %d: %v", n, test.rules, test.want, err)
		}
	}
	return nil
}
