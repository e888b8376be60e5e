package rtstat

import (
	"encoding/binary"
	"fmt"
	"slices"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

// ErrInterrupted is wrapped by the error of a table that changed during each of
// 5 readings.
var ErrInterrupted = nldump.ErrInterrupted

// A Config says where to read. The zero value is the namespace of the calling
// thread.
type Config struct {
	// NetNS is the descriptor of a network namespace; 0 means that of the
	// calling thread. It may be closed after Dial.
	NetNS int
}

// A Conn reads the tables of one network namespace. It is for one goroutine at
// a time; only Close may be called from another one. What its methods return
// belongs to the caller.
type Conn struct {
	dump *nldump.Conn
	// Kinds repeat in every reading, so their strings are kept.
	kinds map[string]string
	// How many rows there were the last time.
	links, qdiscs int
}

// Dial opens a socket inside the namespace.
func Dial(config Config) (*Conn, error) {
	c, err := nldump.Dial(nldump.Config{Family: unix.NETLINK_ROUTE, NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open route netlink: %w", err)
	}
	return &Conn{dump: c, kinds: map[string]string{}}, nil
}

// Close closes the socket. It may be called twice.
func (c *Conn) Close() error { return c.dump.Close() }

// Links reads all interfaces of the namespace, by index. The error wraps
// ErrInterrupted if interfaces kept coming and going.
func (c *Conn) Links() ([]Link, error) {
	links, err := nldump.Collect(c.dump, nldump.Request{Type: unix.RTM_GETLINK, Body: make([]byte, unix.SizeofIfInfomsg)},
		make([]Link, 0, c.links+1),
		func(to []Link, m nldump.Message) ([]Link, error) {
			if m.Type != unix.RTM_NEWLINK {
				return to, nil
			}
			l, err := c.link(m.Data)
			return append(to, l), err
		})
	if err != nil {
		return nil, fmt.Errorf("read interfaces: %w", err)
	}
	slices.SortFunc(links, func(a, b Link) int { return int(a.Index) - int(b.Index) })
	c.links = len(links)
	return links, nil
}

// Extended reads the statistics that some kinds of interfaces have beside those
// of every link, for all interfaces of the namespace. Interfaces without any are
// absent. Requires Linux 4.7; the error is unix.EOPNOTSUPP before.
func (c *Conn) Extended() ([]Extended, error) {
	body := make([]byte, sizeofStatsMessage)
	binary.NativeEndian.PutUint32(body[8:], extendedStats)
	rows, err := nldump.Collect(c.dump, nldump.Request{Type: unix.RTM_GETSTATS, Body: body}, nil,
		func(to []Extended, m nldump.Message) ([]Extended, error) {
			if m.Type != unix.RTM_NEWSTATS {
				return to, nil
			}
			e, err := DecodeExtended(m.Data)
			if len(e.Stats) == 0 {
				return to, err
			}
			return append(to, e), err
		})
	if err != nil {
		return nil, fmt.Errorf("read extended interface statistics: %w", err)
	}
	return rows, nil
}

// Qdiscs reads all queueing disciplines of the namespace, in the order of the
// kernel: those of one interface follow each other, the root first. Ones that
// the tc program hides unless told "invisible", such as the first queue of an
// htb class, are there too.
func (c *Conn) Qdiscs() ([]Qdisc, error) {
	body := nldump.Append(make([]byte, sizeofTCMessage), attributeInvisible, nil)
	qdiscs, err := nldump.Collect(c.dump, nldump.Request{Type: unix.RTM_GETQDISC, Body: body},
		make([]Qdisc, 0, c.qdiscs+1),
		func(to []Qdisc, m nldump.Message) ([]Qdisc, error) {
			if m.Type != unix.RTM_NEWQDISC {
				return to, nil
			}
			q, err := c.qdisc(m.Data)
			return append(to, q), err
		})
	if err != nil {
		return nil, fmt.Errorf("read queueing disciplines: %w", err)
	}
	c.qdiscs = len(qdiscs)
	return qdiscs, nil
}

// Classes reads the classes of the queueing disciplines of one interface. There
// are none if the interface is gone. See [Qdisc.Classful] for when to ask.
func (c *Conn) Classes(index uint32) ([]Class, error) {
	body := make([]byte, sizeofTCMessage)
	binary.NativeEndian.PutUint32(body[4:], index)
	classes, err := nldump.Collect(c.dump, nldump.Request{Type: unix.RTM_GETTCLASS, Body: body}, nil,
		func(to []Class, m nldump.Message) ([]Class, error) {
			if m.Type != unix.RTM_NEWTCLASS {
				return to, nil
			}
			q, err := c.qdisc(m.Data)
			return append(to, Class{q}), err
		})
	if err != nil {
		return nil, fmt.Errorf("read classes of interface %d: %w", index, err)
	}
	return classes, nil
}

// maxKinds bounds what is remembered; there are some fifty kinds.
const maxKinds = 256

// kind is the text as a string that is made only once.
func (c *Conn) kind(text []byte) string {
	if known, ok := c.kinds[string(text)]; ok {
		return known
	}
	kind := string(text)
	if c.kinds != nil && len(c.kinds) < maxKinds {
		c.kinds[kind] = kind
	}
	return kind
}
