package counters

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"dropwatch/counters/firewall"
	"dropwatch/counters/rtstat"
	"dropwatch/counters/sockstat"
)

// A place is a namespace with a thread inside it. What is opened there stays
// there.
type place struct {
	inode      uint32
	dir        string // where its files are
	allSockets bool

	// Sockets that several sources share are opened by the first.
	route    func() (*rtstat.Conn, error)
	sockets  func() (*sockstat.Conn, error)
	firewall func() (*firewall.Conn, error)

	closers []func() error
}

// atClose closes what a source has opened together with the reader.
func (p *place) atClose(closeOne func() error) { p.closers = append(p.closers, closeOne) }

// threadNet is /proc/net as the calling thread sees it. (/proc/net itself is
// that of the process, whose first thread may be in another namespace.)
const threadNet = "/proc/thread-self/net"

// inside calls open on a thread in the namespace of a configuration.
func inside(config Config, open func(*place)) error {
	if config.NetNS == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		return here(config, open)
	}
	done := make(chan error, 1)
	go func() {
		// The thread ends with this goroutine, since it is never unlocked:
		// nothing else ever runs in a namespace by mistake.
		runtime.LockOSThread()
		done <- enter(config, open)
	}()
	return <-done
}

func enter(config Config, open func(*place)) error {
	if err := unix.Setns(config.NetNS, unix.CLONE_NEWNET); err != nil {
		if err == unix.EPERM {
			return fmt.Errorf("enter network namespace: %w: needs CAP_SYS_ADMIN", err)
		}
		return fmt.Errorf("enter network namespace: %w", err)
	}
	return here(config, open)
}

// here calls open on the calling thread.
func here(config Config, open func(*place)) error {
	const file = "/proc/thread-self/ns/net"
	var stat unix.Stat_t
	if err := unix.Stat(file, &stat); err != nil {
		return &os.PathError{Op: "identify network namespace: stat", Path: file, Err: err}
	}
	p := newPlace(config, uint32(stat.Ino))
	open(p)
	return nil
}

func newPlace(config Config, inode uint32) *place {
	p := &place{inode: inode, dir: threadNet, allSockets: config.AllSockets}
	if config.root != "" {
		p.dir = config.root
	}
	p.route = shared(p, func() (*rtstat.Conn, error) { return rtstat.Dial(rtstat.Config{}) })
	p.sockets = shared(p, func() (*sockstat.Conn, error) { return sockstat.Open(0) })
	p.firewall = shared(p, func() (*firewall.Conn, error) { return firewall.Open(0) })
	return p
}

// shared opens something for the first source that asks, and for all.
func shared[T io.Closer](p *place, open func() (T, error)) func() (T, error) {
	return sync.OnceValues(func() (T, error) {
		conn, err := open()
		if err == nil {
			p.atClose(conn.Close)
		}
		return conn, err
	})
}
