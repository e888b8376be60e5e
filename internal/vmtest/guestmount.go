package vmtest

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// mountAll makes the file systems that programs expect. /sys/kernel/tracing
// is left empty: who needs it mounts tracefs there.
func mountAll() error {
	for _, m := range []struct{ kind, place, options string }{
		{"devtmpfs", "/dev", "mode=0755"},
		{"devpts", "/dev/pts", "mode=0620,ptmxmode=0666"},
		{"tmpfs", "/dev/shm", "mode=1777"},
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"debugfs", "/sys/kernel/debug", ""},
		{"cgroup2", "/sys/fs/cgroup", ""},
		{"bpf", "/sys/fs/bpf", "mode=0700"},
		{"tmpfs", "/run", "mode=0755"},
	} {
		// a missing directory inside sysfs shows itself as a failing mount
		_ = os.Mkdir(m.place, 0o755)
		if err := syscall.Mount(m.kind, m.place, m.kind, 0, m.options); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.place, err)
		}
	}
	for name, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	for _, name := range []string{"/run/netns", "/dev/net"} {
		if err := os.Mkdir(name, 0o755); err != nil {
			return err
		}
	}
	// opening it loads the module; number from Documentation/admin-guide/devices.txt
	if err := syscall.Mknod("/dev/net/tun", syscall.S_IFCHR|0o600, 10<<8|200); err != nil {
		return fmt.Errorf("make tun device: %w", err)
	}
	// files of the job may be there already
	if err := os.MkdirAll("/tmp", 0o777); err != nil {
		return err
	}
	return os.Chmod("/tmp", 0o777|os.ModeSticky)
}

// makeRaw keeps the line discipline from changing any byte.
func makeRaw(line *os.File) error {
	var t syscall.Termios
	if err := ioctl(line, syscall.TCGETS, uintptr(unsafe.Pointer(&t))); err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = syscall.CS8 | syscall.CREAD | syscall.CLOCAL | syscall.B115200
	return ioctl(line, syscall.TCSETS, uintptr(unsafe.Pointer(&t)))
}

// drainLine waits until all was sent, which tcdrain does with TCSBRK.
func drainLine(line *os.File) error {
	const tcsbrk = 0x5409
	return ioctl(line, tcsbrk, 1)
}

func ioctl(f *os.File, request, argument uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, argument); errno != 0 {
		return errno
	}
	return nil
}
