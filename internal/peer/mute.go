package peer

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A muteTransport sends datagrams and takes nothing. It has a connected socket
// for each address, at which the kernel throws away whatever comes: one that is
// not connected would be listed among those that listen.
type muteTransport struct {
	packets chan *memberlist.Packet // never fed
	streams chan net.Conn           // never fed

	mu      sync.Mutex
	sockets map[string]*net.UDPConn
	closed  bool
}

var errMute = errors.New("a mute host opens no connections")

func newMuteTransport() *muteTransport {
	return &muteTransport{
		packets: make(chan *memberlist.Packet), streams: make(chan net.Conn),
		sockets: make(map[string]*net.UDPConn),
	}
}

// socket is that for an address. Names are resolved anew after an error.
func (t *muteTransport) socket(address string) (*net.UDPConn, error) {
	if c := t.sockets[address]; c != nil {
		return c, nil
	}
	if t.closed {
		return nil, net.ErrClosed
	}
	to, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	c, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, err
	}
	if err := deafen(c); err != nil {
		return nil, errors.Join(fmt.Errorf("make socket take nothing: %w", err), c.Close())
	}
	t.sockets[address] = c
	return c, nil
}

// deafen attaches a filter that keeps no byte of any packet.
func deafen(socket *net.UDPConn) error {
	program, err := bpf.Assemble([]bpf.Instruction{bpf.RetConstant{Val: 0}})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, p := range program {
		filter[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
	return errors.Join(failed, err)
}

// FinalAdvertiseAddr gives an address that nobody will ever use.
func (t *muteTransport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return net.IPv4(127, 0, 0, 1), 1, nil
}

// WriteTo sends. An error may be that of an earlier datagram, which nobody wanted;
// then this one is tried once more, on a new socket.
func (t *muteTransport) WriteTo(b []byte, address string) (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for try := 0; ; try++ {
		c, err := t.socket(address)
		if err != nil {
			return time.Time{}, err
		}
		if _, err = c.Write(b); err == nil {
			return time.Now(), nil
		}
		c.Close()
		delete(t.sockets, address)
		if try > 0 {
			return time.Time{}, err
		}
	}
}

func (t *muteTransport) PacketCh() <-chan *memberlist.Packet { return t.packets }
func (t *muteTransport) StreamCh() <-chan net.Conn           { return t.streams }

func (t *muteTransport) DialTimeout(string, time.Duration) (net.Conn, error) { return nil, errMute }

func (t *muteTransport) Shutdown() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var errs []error
	for address, c := range t.sockets {
		errs = append(errs, c.Close())
		delete(t.sockets, address)
	}
	return errors.Join(errs...)
}
