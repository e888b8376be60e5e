package netdm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socketDrops follows a socket's own count of what found no room, which has 32
// bits.
type socketDrops struct {
	last  uint32
	total uint64
}

func (d *socketDrops) sample(raw syscall.RawConn) error {
	var now uint32
	var err error
	if e := raw.Control(func(fd uintptr) { now, err = readDrops(fd) }); e != nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("read the netlink socket's count of drops: %w", err)
	}
	d.add(now)
	return nil
}

func (d *socketDrops) add(now uint32) {
	d.total += uint64(now - d.last)
	d.last = now
}

// readDrops asks the socket, or before Linux 4.12 the list of all sockets.
func readDrops(fd uintptr) (uint32, error) {
	const drops = 8 // SK_MEMINFO_DROPS
	var info [drops + 1]uint32
	length := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
	if errno == unix.ENOPROTOOPT {
		return listedDrops(fd)
	}
	if errno != 0 {
		return 0, errno
	}
	if length < uint32(unsafe.Sizeof(info)) {
		return 0, fmt.Errorf("the kernel gives %d bytes of memory information", length)
	}
	return info[drops], nil
}

func listedDrops(fd uintptr) (uint32, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(fd), &stat); err != nil {
		return 0, err
	}
	list, err := os.Open("/proc/thread-self/net/netlink")
	if err != nil {
		return 0, err
	}
	defer list.Close()
	return parseDrops(list, stat.Ino)
}

// parseDrops finds a socket in /proc/net/netlink. Its columns are sk, Eth, Pid,
// Groups, Rmem, Wmem, Dump, Locks, Drops, Inode.
func parseDrops(list io.Reader, inode uint64) (uint32, error) {
	const columns, drops = 10, 8
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < columns || fields[columns-1] != strconv.FormatUint(inode, 10) {
			continue
		}
		// The kernel prints it as a signed number.
		n, err := strconv.ParseInt(fields[drops], 10, 64)
		if err != nil {
			return 0, err
		}
		return uint32(n), nil
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, errors.New("the socket is not in /proc/net/netlink")
}
