package scenario

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// ownNamespace is the network namespace of the calling thread.
const ownNamespace = "/proc/thread-self/ns/net"

// elsewhere runs fn on the calling goroutine's thread after enter has moved it
// to another namespace, and brings the thread back. A new thread for each call
// would be simpler, but takes milliseconds in a guest without hardware support.
// A panic comes back as an error, which lets the caller take its lab down.
func elsewhere(enter, fn func() error) (err error) {
	runtime.LockOSThread()
	home, err := unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("open own namespace: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		back := unix.Setns(home, unix.CLONE_NEWNET)
		unix.Close(home)
		if back != nil {
			// still locked, the thread will end with its goroutine
			err = errors.Join(err, fmt.Errorf("return to own namespace: %w", back))
			return
		}
		runtime.UnlockOSThread()
	}()
	if err := enter(); err != nil {
		return err
	}
	return fn()
}

// inNamespace runs fn on a thread inside the namespace behind a file.
func inNamespace(file *os.File, fn func() error) error {
	return elsewhere(func() error {
		if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter namespace %s: %w", file.Name(), err)
		}
		return nil
	}, fn)
}

// inScratch runs fn on a thread inside a new namespace without a name, which
// goes away when the thread has left it.
func inScratch(fn func() error) error {
	return elsewhere(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make namespace (needs CAP_SYS_ADMIN): %w", err)
		}
		return nil
	}, fn)
}
