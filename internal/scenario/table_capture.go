package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// captureScenarios lose only the copies that a capture program asked for.
func captureScenarios() []Scenario {
	f := ipv4()
	fd := -1
	var dropped, kept uint64
	return []Scenario{{
		Name: "packet_socket_full",
		Setup: func(l *Lab) error {
			dropped, kept = 0, 0
			var err error
			if fd, err = l.capture(B, "ba", 4096); err != nil {
				return err
			}
			l.meters["own/lost"] = func() (uint64, error) { return dropped, nil }
			l.meters["own/lost_or_read"] = func() (uint64, error) { return dropped + kept, nil }
			_, err = l.udpSocket(B, netip.AddrPortFrom(addressB(f), openPort))
			return err
		},
		Send: func(l *Lab) error {
			if err := l.sendUDP(A, netip.AddrPortFrom(addressB(f), openPort), count, 20, nil); err != nil {
				return err
			}
			statistics, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
			if err != nil {
				return fmt.Errorf("read statistics of packet socket: %w", err)
			}
			dropped = uint64(statistics.Drops)
			kept, err = drain(fd)
			return err
		},
		// the packets themselves arrive: no drop
		Counters: []Counter{
			{Node: B, Name: "own/lost", Delta: 1, AtLeast: true},
			{Node: B, Name: "own/lost_or_read", Delta: count},
			{Node: B, Name: "Udp.InDatagrams"},
			{Node: B, Name: "Udp.InErrors"},
		},
	}}
}

// capture opens a packet socket with a small buffer on an interface.
func (l *Lab) capture(n Node, dev string, buffer int) (int, error) {
	fd, err := l.open(n, unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer); err != nil {
		return -1, fmt.Errorf("set buffer size: %w", err)
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: int(indexOf(dev))})
}
