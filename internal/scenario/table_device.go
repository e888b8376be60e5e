package scenario

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// deviceScenarios are packets that a device does not take.
func deviceScenarios() []Scenario {
	f := ipv4()
	const room = 10
	return []Scenario{
		{
			Name: "peer_down",
			Setup: func(l *Lab) error {
				if err := l.configure(B, down("ba")); err != nil {
					return err
				}
				// until the kernel has noticed, the device itself drops
				return await(5*time.Second, func() error { return l.Do(A, func() error { return unusable("ab") }) })
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), count, 20, nil)
			},
			Want: []Want{f.atB(qdiscReason, unix.IPPROTO_UDP, transmit()...).older("QDISC_DROP", unspecified).plain("QDISC_DROP").at(A, "ab")},
			// 5.10 and 6.1 do not count what a queue that is switched off refuses
			Counters: []Counter{{Node: A, Name: "link/ab/tx/dropped", Delta: count, Since: "6.12"}},
		},
		{
			Name:  "tap_full",
			Needs: []Need{TunTap},
			Setup: func(l *Lab) error {
				_, err := l.tap(A, addAddress(f.besideNowhere(), tapName), setLink(tapName, queueLength(room)),
					pinNeighbour(f.nowhere(), nobody(), tapName))
				return err
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(f.nowhere(), closedPort), count, 20, nil)
			},
			Want:     []Want{f.atB("FULL_RING", unix.IPPROTO_UDP, "tun_net_xmit").older(unspecified).at(A, "tap").times(count - room)},
			Counters: []Counter{{Node: A, Name: "link/tap/tx/dropped", Delta: count - room}},
		},
	}
}
