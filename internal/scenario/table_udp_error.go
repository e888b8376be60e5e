package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

func udpErrorScenarios(f family) []Scenario {
	wrong := udpHeader{checksum: wrongChecksum}
	listed := []Counter{f.rise("Udp", "InErrors"), f.rise("Udp", "InCsumErrors")}
	all := []Scenario{
		{
			Name:     f.prefix + "udp_csum_closed",
			Needs:    f.needs(),
			Send:     func(l *Lab) error { return l.inject("ab", f.udpFrame(ipHeader{}, wrong, 20), count) },
			Want:     []Want{f.atB("UDP_CSUM", unix.IPPROTO_UDP, udpReceive(f)...)},
			Counters: listed,
		},
		{
			Name:  f.prefix + "udp_csum",
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				_, err := l.udpSocket(B, netip.AddrPortFrom(addressB(f), openPort))
				return err
			},
			Send: func(l *Lab) error {
				u := udpHeader{destination: openPort, checksum: wrongChecksum}
				return l.inject("ab", f.udpFrame(ipHeader{}, u, 20), count)
			},
			Want:     []Want{f.atB("UDP_CSUM", unix.IPPROTO_UDP, append(udpReceive(f), udpQueue(f)...)...)},
			Counters: listed,
		},
		udpChecksumAtRead(f),
		{
			Name:  f.prefix + "udp_short",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.udpFrame(ipHeader{}, udpHeader{length: 200}, 20), count)
			},
			Want:     []Want{f.atB("PKT_TOO_SMALL", unix.IPPROTO_UDP, udpReceive(f)...)},
			Counters: []Counter{f.rise("Udp", "InErrors")},
		},
	}
	if f.ipv6 {
		return append(all, Scenario{
			Name:  "ip6_udp_zero_csum",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.udpFrame(ipHeader{}, udpHeader{checksum: zeroChecksum}, 20), count)
			},
			// the kernel says so although the checksum is the fault
			Want:     []Want{f.atB("NO_SOCKET", unix.IPPROTO_UDP, udpReceive(f)...)},
			Counters: listed,
		})
	}
	return append(all, udpBroadcast(f))
}

// udpChecksumAtRead sends datagrams so large that the kernel puts off their
// verification until the program reads them.
func udpChecksumAtRead(f family) Scenario {
	const n = 20 // must fit into the default receive buffer
	fd := -1
	want := f.atB("UDP_CSUM", unix.IPPROTO_UDP, pick(f, "udp_recvmsg", "udpv6_recvmsg")).times(n).since("6.13").older(unspecified)
	// the packet has neither device nor socket any more, and before 5.15 no
	// eBPF program can tell that its task is in a system call
	early := want.at(Unattributed, "")
	want.Shown, early.Until = "5.15", "5.15"
	return Scenario{
		Name:  f.prefix + "udp_csum_at_read",
		Needs: f.needs(),
		Setup: func(l *Lab) error {
			var err error
			fd, err = l.udpSocket(B, netip.AddrPortFrom(addressB(f), openPort))
			return err
		},
		Send: func(l *Lab) error {
			u := udpHeader{destination: openPort, checksum: wrongChecksum}
			if err := l.inject("ab", f.udpFrame(ipHeader{}, u, 200), n); err != nil {
				return err
			}
			return l.Do(B, func() error { return readNothing(fd) })
		},
		Want: []Want{want, early},
		Counters: []Counter{
			{Node: B, Name: f.counter("Udp", "InErrors"), Delta: n},
			{Node: B, Name: f.counter("Udp", "InCsumErrors"), Delta: n},
		},
	}
}

// readNothing reads from a socket, in which nothing readable must be found.
func readNothing(fd int) error {
	n, _, err := unix.Recvfrom(fd, make([]byte, 2048), unix.MSG_DONTWAIT)
	if err != unix.EAGAIN {
		return fmt.Errorf("read %d bytes (error %v) where nothing readable was expected", n, err)
	}
	return nil
}

func udpBroadcast(f family) Scenario {
	return Scenario{
		Name: "udp_broadcast",
		Send: func(l *Lab) error {
			h := ipHeader{
				source: addressA(f), destination: netip.AddrFrom4([4]byte{255, 255, 255, 255}),
				protocol: unix.IPPROTO_UDP,
			}
			u := udpHeader{source: clientPort, destination: closedPort}
			packet := h.packet(u.segment(h.source, h.destination, make([]byte, 20)))
			broadcast := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
			return l.inject("ab", ethernet(broadcast, endOf("ab").mac, f.ether, packet), count)
		},
		Want:     []Want{f.atB(unspecified, unix.IPPROTO_UDP, append(udpReceive(f), "__udp4_lib_mcast_deliver")...).older(unspecified)},
		Counters: []Counter{f.rise("Udp", "IgnoredMulti")},
	}
}
