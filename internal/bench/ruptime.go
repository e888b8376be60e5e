package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// whod is a file of rwhod about a host with one user, see protocols/rwhod.h.
type whod struct {
	Version, Type  byte
	_              [2]byte
	Sent, Received int32
	Host           [32]byte
	Load           [3]int32 // times 100
	Boot           int32
	Terminal, User [8]byte
	Since          int32
	Idle           int32
}

// openRuptime prepares ruptime with as many hosts. It reads a fixed directory,
// which is laid for it alone.
func openRuptime(ctx context.Context, dir string) asked {
	a := asked{question: question{name: askRuptime}}
	program, err := unpack(ctx, dir, "rwho", "usr/bin/ruptime")
	if err != nil {
		a.failed = err
		return a
	}
	a.args = []string{program}
	spool := filepath.Join(dir, "spool")
	if a.failed = fillSpool(spool, time.Now()); a.failed != nil {
		return a
	}
	if a.in, a.failed = over("/var/spool", spool); a.failed == nil {
		a.failed = a.checkRuptime(ctx)
	}
	return a
}

// checkRuptime makes sure that it reads what is there.
func (q question) checkRuptime(ctx context.Context) error {
	var out bytes.Buffer
	command := exec.CommandContext(ctx, q.args[0])
	command.Stdout = &out
	if err := errors.Join(q.in(command.Start), command.Wait()); err != nil {
		return err
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != hostCount {
		return fmt.Errorf("it shows %d hosts, not %d", n, hostCount)
	}
	return nil
}

func fillSpool(spool string, now time.Time) error {
	path := filepath.Join(spool, "rwho")
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	for i := range hostCount {
		name := fmt.Sprintf("host%03d", i)
		w := whod{Version: 1, Type: 1, Sent: int32(now.Unix()), Received: int32(now.Unix()), Load: [3]int32{50, 40, 30}, Boot: int32(now.Unix()) - 1000000, Since: int32(now.Unix()) - 1000, Idle: 300}
		copy(w.Host[:], name)
		copy(w.Terminal[:], "pts/0")
		copy(w.User[:], "root")
		var b bytes.Buffer
		if err := binary.Write(&b, binary.NativeEndian, w); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(path, "whod."+name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// over lays a directory over another one, in a mount namespace of its own. The
// function that it returns runs another there. The host does not see it, and it
// is gone with the last process in it.
func over(target, source string) (in func(func() error) error, err error) {
	var file *os.File
	err = onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("make mount namespace: %w", err)
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("part mounts from those of the host: %w", err)
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("lay %s over %s: %w", source, target, err)
		}
		var err error
		file, err = os.Open("/proc/thread-self/ns/mnt")
		return err
	})
	return func(fn func() error) error {
		return onOwnThread(func() error {
			// a thread that shares its directory with others may not enter
			if err := unix.Unshare(unix.CLONE_FS); err != nil {
				return fmt.Errorf("leave shared directory: %w", err)
			}
			if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNS); err != nil {
				return fmt.Errorf("enter mount namespace: %w", err)
			}
			return fn()
		})
	}, err
}

// onOwnThread runs fn on a thread that ends with it.
func onOwnThread(fn func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		done <- fn()
	}()
	return <-done
}
