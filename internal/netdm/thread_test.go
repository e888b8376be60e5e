package netdm

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// locked runs a function on a thread of its own, which is thrown away.
func locked(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
		do()
	}()
	<-done
}

// unprivileged runs a function on a thread without capabilities.
func unprivileged(t *testing.T, do func()) {
	t.Helper()
	locked(func() {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			t.Error(err)
			return
		}
		do()
	})
}
