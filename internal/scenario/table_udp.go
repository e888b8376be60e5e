package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// udpReceive are the functions that refuse a datagram before a socket has it.
func udpReceive(f family) []string {
	return pick(f, []string{"__udp4_lib_rcv", "udp_rcv"}, []string{"__udp6_lib_rcv", "udpv6_rcv"})
}

// udpQueue are those that refuse it at the socket.
func udpQueue(f family) []string {
	return pick(f,
		[]string{"udp_queue_rcv_one_skb", "__udp_queue_rcv_skb", "udp_queue_rcv_skb"},
		[]string{"udpv6_queue_rcv_one_skb", "__udpv6_queue_rcv_skb", "udpv6_queue_rcv_skb"})
}

func udpScenarios(f family) []Scenario {
	return []Scenario{
		{
			Name:  f.prefix + "udp_closed",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), count, 20, nil)
			},
			Want:     []Want{f.atB("NO_SOCKET", unix.IPPROTO_UDP, udpReceive(f)...)},
			Counters: []Counter{f.rise("Udp", "NoPorts")},
		},
		{
			Name:  f.prefix + "udp_rcvbuf",
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				fd, err := l.udpSocket(B, netip.AddrPortFrom(addressB(f), openPort))
				if err != nil {
					return err
				}
				return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressB(f), openPort), count, 20, nil)
			},
			Want: []Want{{
				Reason: "SOCKET_RCVBUFF", Symbols: udpQueue(f), Node: B, Interface: "ba", Protocol: f.ether,
				Transport: unix.IPPROTO_UDP, Packets: count - 1, FromCounter: f.counter("Udp", "RcvbufErrors"),
			}},
			Counters: []Counter{{Node: B, Name: f.counter("Udp", "InErrors"), Same: f.counter("Udp", "RcvbufErrors")}},
		},
		udpCloseUnread(f),
		{
			Name:  f.prefix + "udp_socket_filter",
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				fd, err := l.udpSocket(B, netip.AddrPortFrom(addressB(f), openPort))
				if err != nil {
					return err
				}
				return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, refuse())
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressB(f), openPort), count, 20, nil)
			},
			Want:     []Want{f.atB("SOCKET_FILTER", unix.IPPROTO_UDP, udpQueue(f)...)},
			Counters: []Counter{f.rise("Udp", "InErrors")},
		},
	}
}

// udpCloseUnread closes a socket while datagrams wait in it. They have left
// their device behind, so that only the closing task tells the namespace.
func udpCloseUnread(f family) Scenario {
	fd := -1
	return Scenario{
		Name:  f.prefix + "udp_close_unread",
		Needs: f.needs(),
		Setup: func(l *Lab) error {
			err := l.Do(B, func() error {
				var err error
				fd, err = unix.Socket(f.domain(), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				return unix.Bind(fd, socketAddress(netip.AddrPortFrom(addressB(f), openPort)))
			})
			if err != nil {
				return err
			}
			return l.sendUDP(A, netip.AddrPortFrom(addressB(f), openPort), count, 20, nil)
		},
		Send: func(l *Lab) error {
			return l.Do(B, func() error { return unix.Close(fd) })
		},
		Want: []Want{{
			Reason: unspecified, Older: []string{unspecified}, Symbols: []string{"udp_destruct_common", "udp_destruct_sock", "udpv6_destruct_sock", "__skb_queue_purge", "skb_queue_purge", "skb_queue_purge_reason", "inet_sock_destruct"},
			Node: Unattributed, Protocol: f.ether, Transport: unix.IPPROTO_UDP, Packets: count,
		}},
	}
}
