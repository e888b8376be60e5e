package nldump

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A Quiet rule says which messages of a dump have nothing to tell: those of a
// certain length that have one word in its place and zero in another.
// Offsets count from the start of the message with its header.
type Quiet struct {
	// Length is that of the message with its header, a multiple of 4.
	Length int
	// Mark is where MarkValue (as it is in memory) must be found; other
	// messages of the same length are laid out differently.
	Mark      int
	MarkValue uint32
	// Zero is where the word stands that tells something unless it is 0.
	Zero int
}

func (q Quiet) valid() bool {
	fits := func(offset int) bool { return offset >= messageHeader && offset+4 <= q.Length }
	return q.Length == align(q.Length) && fits(q.Mark) && fits(q.Zero)
}

// Silence lets the kernel cut, from now on, each datagram that holds only
// quiet messages of one rule down to a few bytes, which Ask passes over. Every
// other datagram comes whole, quiet messages included. The rules take the
// place of those given before; they need no capability.
//
// It is a classic BPF program on the socket. Throwing the datagram away
// would end the dump: reading one makes the kernel fill the next.
//
// After an error no rule is in force; ENOMEM says that net.core.optmem_max is
// too small for the program.
func (c *Conn) Silence(rules ...Quiet) error {
	for _, q := range rules {
		if !q.valid() {
			return fmt.Errorf("filter netlink datagrams: bad rule %+v", q)
		}
	}
	program := newProgram(c.size, rules)
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	var err error
	if e := c.raw.Control(func(fd uintptr) {
		if c.attached { // there is room for one program, not for two
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		}
		if err == nil {
			c.attached = false
			err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter)
		}
	}); e != nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("filter netlink datagrams: %w", err)
	}
	c.attached, c.cuts = true, true
	return nil
}
