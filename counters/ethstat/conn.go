package ethstat

import (
	"errors"
	"fmt"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

// A Config says where to read. The zero value is the namespace of the calling
// thread.
type Config struct {
	// NetNS is the descriptor of a network namespace; 0 means that of the
	// calling thread. It may be closed after Dial.
	NetNS int
}

// A Stat is one statistic.
type Stat struct {
	Name  string
	Value uint64
}

// A Conn reads the statistics of the drivers in one network namespace. It is for
// one goroutine at a time; only the results may be used by others.
type Conn struct {
	dump *nldump.Conn
	room *room
	// known are the names of driver statistics, by the bytes that the kernel
	// gives for them. Interfaces of the same kind share them.
	known map[string][]string

	family    uint16 // of ethtool netlink
	familyErr error  // why there is none
	// sets are the names of standard statistics, by the number of the set.
	sets map[uint32][]string
}

// Dial opens a socket inside the namespace.
func Dial(config Config) (*Conn, error) {
	c, err := nldump.Dial(nldump.Config{Family: unix.NETLINK_GENERIC, NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open generic netlink: %w", err)
	}
	room, err := newRoom()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	conn := &Conn{dump: c, room: room, known: map[string][]string{}, sets: map[uint32][]string{}}
	conn.family, conn.familyErr = lookUp(c)
	return conn, nil
}

// Close frees everything. It may be called twice, but not while another method
// runs.
func (c *Conn) Close() error {
	return errors.Join(c.dump.Close(), c.room.close())
}

const (
	genericHeader = 4 // struct genlmsghdr

	controlGetFamily = 3 // CTRL_CMD_GETFAMILY
	controlID        = 1 // CTRL_ATTR_FAMILY_ID
	controlName      = 2 // CTRL_ATTR_FAMILY_NAME
)

// lookUp asks for the number that the kernel gave to the family "ethtool".
func lookUp(c *nldump.Conn) (family uint16, err error) {
	body := nldump.Append([]byte{controlGetFamily, 1, 0, 0}, controlName, []byte("ethtool\x00"))
	err = c.Ask(nldump.Request{Type: unix.GENL_ID_CTRL, Single: true, Body: body}, func(m nldump.Message) error {
		family, err = decodeFamily(m.Data)
		return err
	})
	if errors.Is(err, unix.ENOENT) {
		err = fmt.Errorf("the kernel has no ethtool netlink: it needs Linux 5.6 with CONFIG_ETHTOOL_NETLINK (%w)", errors.ErrUnsupported)
	}
	if err != nil {
		return 0, fmt.Errorf("look up ethtool netlink: %w", err)
	}
	return family, nil
}

func decodeFamily(body []byte) (uint16, error) {
	a, err := generic(body)
	if err != nil {
		return 0, err
	}
	for a.Next() {
		if a.Type() == controlID {
			number := a.Uint16("CTRL_ATTR_FAMILY_ID")
			return number, a.Err()
		}
	}
	if err := a.Err(); err != nil {
		return 0, err
	}
	return 0, errors.New("no attribute CTRL_ATTR_FAMILY_ID")
}

// generic skips the generic netlink header of a message.
func generic(body []byte) (nldump.Attributes, error) {
	if len(body) < genericHeader {
		return nldump.Attributes{}, fmt.Errorf("%d bytes are no generic netlink message", len(body))
	}
	return nldump.Walk(body[genericHeader:]), nil
}

// request is one of ethtool netlink; attributes follow.
func request(command uint8) []byte { return []byte{command, 1, 0, 0} }

// nest adds an attribute that holds others.
func nest(body []byte, kind uint16, inside []byte) []byte {
	return nldump.Append(body, kind|unix.NLA_F_NESTED, inside)
}

// absent tells whether an error means that the kernel, or every driver, has
// nothing of the kind.
func absent(err error) bool { return errors.Is(err, unix.EOPNOTSUPP) }
