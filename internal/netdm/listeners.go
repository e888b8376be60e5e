package netdm

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// alone tells whether surely nobody but this client is subscribed. When that
// cannot be found out, somebody may be.
//
// Reads /proc/thread-self/net/netlink. The list is believed only if it has our
// own subscription: that of another network namespace has not.
func (c *Client) alone() bool {
	if c.receiver == nil || c.receiver.left {
		return false
	}
	var own unix.Stat_t
	var failed error
	err := c.receiver.raw.Control(func(fd uintptr) { failed = unix.Fstat(int(fd), &own) })
	if err != nil || failed != nil {
		return false
	}
	list, err := os.Open("/proc/thread-self/net/netlink")
	if err != nil {
		return false
	}
	defer list.Close()
	inodes, err := parseListeners(list, c.family.group)
	return err == nil && len(inodes) == 1 && inodes[0] == own.Ino
}

// parseListeners finds the inodes of the generic netlink sockets that are in a
// group. The list shows groups up to 32; the kernel has given the drop monitor
// group 1 since it has groups.
func parseListeners(list io.Reader, group uint32) ([]uint64, error) {
	const columns, protocol, groups, inode = 10, 1, 3, 9
	if group == 0 || group > 32 {
		return nil, fmt.Errorf("members of netlink group %d are not listed", group)
	}
	var inodes []uint64
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < columns || fields[protocol] != strconv.Itoa(unix.NETLINK_GENERIC) {
			continue
		}
		mask, err := strconv.ParseUint(fields[groups], 16, 32)
		if err != nil {
			return nil, fmt.Errorf("parse groups of a netlink socket: %w", err)
		}
		if mask>>(group-1)&1 == 0 {
			continue
		}
		n, err := strconv.ParseUint(fields[inode], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("parse inode of a netlink socket: %w", err)
		}
		inodes = append(inodes, n)
	}
	return inodes, lines.Err()
}
