package sockstat

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// etherType is one that nobody uses.
const etherType = 0x88b5

// inNetworkOrder is how AF_PACKET takes it, on a little-endian machine.
const inNetworkOrder = etherType>>8 | etherType&0xff<<8

// packetSocket makes a socket with little room for frames of etherType.
func packetSocket() (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
}

func sendFrames(frames int) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for range frames {
		to := &unix.SockaddrLinklayer{Protocol: inNetworkOrder, Ifindex: 1, Halen: 6}
		if err := unix.Sendto(fd, make([]byte, 500), 0, to); err != nil {
			return err
		}
	}
	return nil
}

func TestRootPacketDrops(t *testing.T) {
	inNamespace(t, func() error {
		fd, err := packetSocket()
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		err = errors.Join(unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: inNetworkOrder, Ifindex: 1}), sendFrames(60))
		if err != nil {
			return err
		}
		inode, err := inodeOf(fd)
		if err != nil {
			return err
		}
		sockets, err := list(Query{Protocols: Packet, Dropped: true})
		if err != nil {
			return err
		}
		s, err := only(sockets, inode)
		if err != nil {
			return err
		}
		stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err != nil {
			return err
		}
		if !s.DropsKnown || s.Drops == 0 || s.Drops != stats.Drops {
			t.Errorf("%d drops, the socket says %d", s.Drops, stats.Drops)
		}
		if want := fmt.Sprintf("packet 0x88b5 interface 1 inode %d", inode); s.String() != want {
			t.Errorf("named %q, want %q", s, want)
		}
		return nil
	})
}

// A socket with a ring counts where only its owner can look.
func TestRootPacketRing(t *testing.T) {
	inNamespace(t, func() error {
		fd, err := packetSocket()
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		ring := &unix.TpacketReq{Block_size: 4096, Block_nr: 1, Frame_size: 2048, Frame_nr: 2}
		err = errors.Join(
			unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, ring),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: inNetworkOrder, Ifindex: 1}),
			sendFrames(60))
		if err != nil {
			return err
		}
		inode, err := inodeOf(fd)
		if err != nil {
			return err
		}
		sockets, err := list(Query{Protocols: Packet})
		if err != nil {
			return err
		}
		s, err := only(sockets, inode)
		if err != nil {
			return err
		}
		stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err != nil {
			return err
		}
		if s.DropsKnown || stats.Drops == 0 {
			t.Errorf("%d drops are known: %v; the socket says %d", s.Drops, s.DropsKnown, stats.Drops)
		}
		return nil
	})
}

// A netlink socket that is told more than it has room for.
func TestRootNetlinkDrops(t *testing.T) {
	inNamespace(t, func() error {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096),
			unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.RTNLGRP_LINK - 1)}))
		if err != nil {
			return err
		}
		for range 40 {
			if err := errors.Join(setLoopback(0), setLoopback(unix.IFF_UP)); err != nil {
				return err
			}
		}
		inode, err := inodeOf(fd)
		if err != nil {
			return err
		}
		sockets, err := list(Query{Protocols: Netlink})
		if err != nil {
			return err
		}
		s, err := only(sockets, inode)
		if err != nil {
			return err
		}
		if !s.DropsKnown || s.Drops == 0 || s.Number != unix.NETLINK_ROUTE || s.PortID == 0 {
			t.Errorf("got %+v", s)
		}
		for _, s := range sockets {
			if s.PortID == 0 {
				t.Errorf("the kernel's end %v is listed", &s)
			}
		}
		return nil
	})
}
