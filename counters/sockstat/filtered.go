package sockstat

import (
	"errors"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A filtered connection lists the datagram sockets with drops: the kernel holds
// back what the rules say.
type filtered struct {
	dump  *nldump.Conn
	rules []nldump.Quiet
	full  bool // the kernel takes no more rules
}

// maxRules is more than the layouts that there are.
const maxRules = 3

func openFiltered(netns int) (*filtered, error) {
	dump, err := nldump.Dial(nldump.Config{Family: unix.NETLINK_SOCK_DIAG, NetNS: netns, BufferBytes: filteredBytes()})
	if err != nil {
		return nil, err
	}
	return &filtered{dump: dump}, nil
}

// filteredBytes is the room for a datagram that is filtered, the least that the
// kernel uses. A smaller one makes a shorter program, which must fit into
// net.core.optmem_max (20 KiB before Linux 6.7), and more system calls, which
// cost little beside the walk through the table.
func filteredBytes() int {
	return max(4<<10, min(os.Getpagesize(), 8<<10))
}

// ask calls yield for what answers a request, less what the kernel holds back.
func (f *filtered) ask(request nldump.Request, yield func([]byte) error) error {
	var layout layout
	return f.dump.Ask(request, func(m nldump.Message) error {
		if layout.learn(m) {
			f.add(layout.quiet)
		}
		return yield(m.Data)
	})
}

// add adds a rule, or goes on with those before if that fails: then there is
// more to read, and nothing else is different.
func (f *filtered) add(rule nldump.Quiet) {
	if f.full || slices.Contains(f.rules, rule) || len(f.rules) == maxRules {
		return
	}
	rules := append(f.rules, rule)
	if f.dump.Silence(rules...) == nil {
		f.rules = rules
		return
	}
	f.full = true
	if len(f.rules) > 0 && f.dump.Silence(f.rules...) != nil {
		f.rules = nil
	}
}

// dropped lists the sockets of a protocol that have lost something. The messages
// of a request must be laid out alike, and those of IPv6 sockets are longer
// while the socket is not connected. These have a connection of their own,
// because the program for two layouts is too long for older kernels.
func (c *Conn) dropped(l listed, yield func(*Socket)) error {
	decode := func(data []byte) error {
		err := c.socket.decodeInet(l.protocol, data)
		if err == nil && c.socket.dropped() {
			yield(&c.socket)
		}
		return err
	}
	return errors.Join(
		c.filtered.ask(inetRequest(unix.AF_INET, l.number, everyState), decode),
		c.filtered.ask(inetRequest(unix.AF_INET6, l.number, everyState&^(1<<Closed)), decode),
		c.filtered6.ask(inetRequest(unix.AF_INET6, l.number, 1<<Closed), decode))
}
