package netdevsim

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNotBuilt says that this kernel has no such devices, and need not have.
var ErrNotBuilt = errors.New("module netdevsim is in no packaged kernel")

// Places in the file system.
const (
	bus   = "/sys/bus/netdevsim/"
	debug = "/sys/kernel/debug/netdevsim/"
)

// A Device has one port, which is down at first. While the port is up, every
// trap with action "trap" reports a packet each 100 ms. Its methods block only
// for short and are for one goroutine.
type Device struct {
	Handle string // what devlink calls it
	Port   string // name of the interface

	number int
}

// New makes a device with a number that no other one has. In a guest it loads
// the module. Where the module is not to be expected, the error is ErrNotBuilt.
// It needs root.
func New(number int) (*Device, error) {
	if err := load(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(bus+"new_device", fmt.Appendf(nil, "%d 1", number), 0); err != nil {
		return nil, fmt.Errorf("make netdevsim device: %w", err)
	}
	d := &Device{Handle: fmt.Sprintf("netdevsim/netdevsim%d", number), number: number}
	ports, err := filepath.Glob(bus + "devices/netdevsim" + strconv.Itoa(number) + "/net/*")
	if err == nil && len(ports) != 1 {
		err = fmt.Errorf("find port of %s: %d interfaces, want 1", d.Handle, len(ports))
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.Port = filepath.Base(ports[0])
	return d, nil
}

// load loads the module in a guest; elsewhere it must be loaded already.
func load() error {
	if _, err := os.Stat(bus); err == nil {
		return nil
	}
	if os.Getenv("VMTEST") == "" {
		return fmt.Errorf("%w: build and load it", ErrNotBuilt)
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("read release: %w", err)
	}
	if release := unix.ByteSliceToString(name.Release[:]); !builtFor(release) {
		return fmt.Errorf("%w, and built for %s only, not for %s", ErrNotBuilt, strings.Join(Kernels(), " and "), release)
	}
	return run("modprobe", "netdevsim")
}

// Up sets the port up.
func (d *Device) Up() error { return run("ip", "link", "set", d.Port, "up") }

// Down sets the port down.
func (d *Device) Down() error { return run("ip", "link", "set", d.Port, "down") }

// SetAction says what a trap of type drop does: "drop" keeps the packet in the
// device, "trap" reports it.
func (d *Device) SetAction(trap, action string) error {
	return run("devlink", "trap", "set", d.Handle, "trap", trap, "action", action)
}

// SetCookie sets the cookie that traps of tc rules report, in hexadecimal. It
// needs debugfs.
func (d *Device) SetCookie(cookie string) error {
	name := debug + filepath.Base(d.Handle) + "/trap_flow_action_cookie"
	if err := os.WriteFile(name, []byte(cookie+"\n"), 0); err != nil {
		return fmt.Errorf("set cookie: %w", err)
	}
	return nil
}

// Close removes the device.
func (d *Device) Close() error {
	if err := os.WriteFile(bus+"del_device", []byte(strconv.Itoa(d.number)), 0); err != nil {
		return fmt.Errorf("remove netdevsim device: %w", err)
	}
	return nil
}

func run(program string, arguments ...string) error {
	if out, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("run %s %s: %w: %s", program, strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
