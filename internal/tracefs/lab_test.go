package tracefs

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal("run as root: tracefs and network namespaces need it")
	}
	t.Skip("needs root for tracefs and network namespaces")
}

// mount mounts tracefs on a directory of its own, where no other test
// interferes; it is the same file system everywhere.
func mount(t *testing.T, flags uintptr) string {
	t.Helper()
	needRoot(t)
	// Not t.TempDir, which removes what is below: that would be instances.
	dir, err := os.MkdirTemp("", "tracefs")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tracefs", dir, "tracefs", 0, ""); err != nil {
		t.Fatalf("mount tracefs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	if flags != 0 { // of this mount only, not of the file system
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// onThread runs fn on a thread that ends with it.
func onThread(t *testing.T, fn func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock
		done <- fn()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// etherType is one that nobody else uses, here or in other tests.
const (
	etherType      = 0xbe61
	etherTypeOther = 0xbe62
)

// ours is a filter for it.
func ours(etherType uint16) string { return fmt.Sprintf("protocol == %d", etherType) }

// drop sends frames of an unknown protocol in a fresh namespace: the kernel
// drops each with reason UNHANDLED_PROTO before the call that sends it ends.
func drop(t *testing.T, etherType uint16, frames int) {
	t.Helper()
	onThread(t, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make namespace: %w", err)
		}
		if output, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			return fmt.Errorf("ip link set lo up: %w: %s", err, output)
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, etherType))
		to := &unix.SockaddrLinklayer{Protocol: order, Ifindex: 1, Halen: 6}
		frame := make([]byte, 50)
		for range frames {
			if err := unix.Sendto(fd, frame, 0, to); err != nil {
				return err
			}
		}
		return nil
	})
}

func open(t *testing.T, c Config) *Drops {
	t.Helper()
	d, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func lost(t *testing.T, d *Drops) uint64 {
	t.Helper()
	n, err := d.Lost()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func exists(t *testing.T, dir string) bool {
	t.Helper()
	_, err := os.Stat(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

const (
	holderVariable = "DROPWATCH_TRACEFS_HOLDER"
	holderTest     = "TestHolder"
)

// A holder is another process that records.
type holder struct {
	command *exec.Cmd
	dir     string // of its instance
}

func startHolder(t *testing.T, root string) *holder {
	t.Helper()
	h := &holder{command: exec.Command(os.Args[0], "-test.run=^"+holderTest+"$")}
	h.command.Env = append(os.Environ(), holderVariable+"="+root)
	input, err := h.command.StdinPipe() // its end is our end
	if err != nil {
		t.Fatal(err)
	}
	output, err := h.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = h.command.Wait() // was it killed, it has failed already
	})
	line := bufio.NewScanner(output)
	if !line.Scan() {
		t.Fatal("the other process does not start")
	}
	h.dir = line.Text()
	return h
}

// TestHolder is the other process.
func TestHolder(t *testing.T) {
	root := os.Getenv(holderVariable)
	if root == "" {
		t.Skip("is run by TestRootKilled")
	}
	d := open(t, Config{Root: root, filter: ours(etherTypeOther)})
	fmt.Println(d.dir)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until our parent ends
}
