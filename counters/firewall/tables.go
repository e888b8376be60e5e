package firewall

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tables are the tables of iptables or ip6tables in one namespace.
type tables struct {
	system System
	family int
	level  int      // of socket options
	list   string   // file in /proc/net with the names of the tables
	ns     *os.File // the namespace
	fd     int      // a socket inside it; -1 without the family
	names  *os.File // the opened list; nil until there is one
	layout layout
	buffer []byte
	text   names
}

// openTables opens sockets inside the namespace; 0 is the thread's own.
func openTables(netns int) (ip, ip6 *tables, err error) {
	ip = &tables{system: IPTables, family: unix.AF_INET, level: unix.SOL_IP, list: "ip_tables_names", layout: layout4(), fd: -1, text: names{}}
	ip6 = &tables{system: IP6Tables, family: unix.AF_INET6, level: unix.SOL_IPV6, list: "ip6_tables_names", layout: layout6(), fd: -1, text: names{}}
	for _, t := range []*tables{ip, ip6} {
		if t.ns, err = namespaceFile(netns); err == nil {
			err = t.inside(t.open)
		}
		if err != nil {
			return ip, ip6, fmt.Errorf("open %s: %w", t.system, err)
		}
	}
	return ip, ip6, nil
}

func namespaceFile(netns int) (*os.File, error) {
	if netns == 0 {
		return os.Open("/proc/thread-self/ns/net")
	}
	fd, err := unix.FcntlInt(uintptr(netns), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), "network namespace"), nil
}

// inside runs fn on a thread in the namespace: this one, if it is there, which
// takes no privilege, else one that ends with fn.
func (t *tables) inside(fn func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		return fmt.Errorf("find own network namespace: %w", err)
	}
	wanted, err := t.ns.Stat()
	if err != nil {
		return fmt.Errorf("find network namespace: %w", err)
	}
	if os.SameFile(here, wanted) {
		return fn()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlock
		if err := unix.Setns(int(t.ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter network namespace: %w", err)
			return
		}
		done <- fn()
	}()
	return <-done
}

func (t *tables) open() error {
	fd, err := unix.Socket(t.family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		return nil // then there are no rules for it either
	}
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	t.fd = fd
	if err := t.openNames(); !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil // rules tells, so that nftables can be read without
}

// openNames opens the list, which appears with the kernel's module.
func (t *tables) openNames() error {
	file, err := os.Open("/proc/thread-self/net/" + t.list)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	t.names = file
	return err
}

func (t *tables) close() error {
	var errs []error
	if t.fd >= 0 {
		errs = append(errs, unix.Close(t.fd))
		t.fd = -1
	}
	for _, file := range []*os.File{t.ns, t.names} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

func (t *tables) rules(rules []Rule) ([]Rule, error) {
	if t.names == nil && t.fd >= 0 {
		// A module appears in all namespaces at once; entering ours is dearer
		// than looking here.
		if _, err := os.Stat("/proc/thread-self/net/" + t.list); err == nil {
			if err := t.inside(t.openNames); err != nil {
				return rules, err
			}
		}
	}
	if t.names == nil {
		return rules, nil
	}
	text, err := io.ReadAll(io.NewSectionReader(t.names, 0, 1<<16))
	if err != nil {
		return rules, err
	}
	start := len(rules)
	for name := range strings.FieldsSeq(string(text)) {
		if rules, err = t.table(name, rules); err != nil {
			return rules[:start], fmt.Errorf("table %s: %w", word(name), err)
		}
	}
	return rules, nil
}

// table reads one table, again if it was replaced meanwhile.
func (t *tables) table(name string, rules []Rule) ([]Rule, error) {
	for range attempts {
		var info tableInfo
		if err := t.info(name, &info); err != nil {
			return rules, err
		}
		entries, err := t.entries(name, info.Size)
		if errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil {
			return rules, err
		}
		chains := table{system: t.system, name: t.text.intern([]byte(name)), layout: t.layout, info: &info, entries: entries, names: t.text}
		return chains.rules(rules)
	}
	return rules, fmt.Errorf("it was replaced each of %d times", attempts)
}

// Socket options, the same for both families.
const (
	getInfo    = 64
	getEntries = 65
	// maxTable is more than a kernel takes.
	maxTable = 1 << 30
)

func (t *tables) info(name string, info *tableInfo) error {
	if copy(info.Name[:len(info.Name)-1], name) < len(name) {
		return errors.New("the name is too long")
	}
	return t.getsockopt(getInfo, unsafe.Pointer(info), uint32(unsafe.Sizeof(*info)))
}

// entries reads the rules into the buffer.
func (t *tables) entries(name string, size uint32) ([]byte, error) {
	if size > maxTable {
		return nil, fmt.Errorf("the table has %d bytes", size)
	}
	const header = unsafe.Sizeof(entriesHeader{})
	need := int(header) + int(size)
	if cap(t.buffer) < need {
		t.buffer = make([]byte, need)
	}
	t.buffer = t.buffer[:need]
	ask := (*entriesHeader)(unsafe.Pointer(&t.buffer[0]))
	*ask = entriesHeader{Size: size}
	copy(ask.Name[:len(ask.Name)-1], name)
	err := t.getsockopt(getEntries, unsafe.Pointer(ask), uint32(need))
	return t.buffer[header:], err
}

func (t *tables) getsockopt(option uintptr, value unsafe.Pointer, length uint32) error {
	want := length
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(t.fd), uintptr(t.level), option, uintptr(value), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return os.NewSyscallError("getsockopt", errno)
	}
	if length != want {
		return fmt.Errorf("the kernel gives %d bytes, not %d", length, want)
	}
	return nil
}
