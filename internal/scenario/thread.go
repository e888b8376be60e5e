package scenario

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// onThread runs fn on a thread that enter has moved somewhere else. The thread
// ends with fn, so that nothing else ever runs there. A panic comes back as an
// error, which lets the caller take its lab down.
func onThread(enter, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		if err := enter(); err != nil {
			done <- err
			return
		}
		done <- fn()
	}()
	return <-done
}

// inNamespace runs fn on a thread inside the namespace behind a file.
func inNamespace(file *os.File, fn func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter namespace %s: %w", file.Name(), err)
		}
		return nil
	}, fn)
}

// inScratch runs fn on a thread inside a new namespace without a name, which
// goes away with the thread.
func inScratch(fn func() error) error {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make namespace (needs CAP_SYS_ADMIN): %w", err)
		}
		return nil
	}, fn)
}
