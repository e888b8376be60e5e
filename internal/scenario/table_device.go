package scenario

import (
	"fmt"
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
				if err := l.ip(B, "link set ba down"); err != nil {
					return err
				}
				// until the kernel has noticed, the device itself drops
				return await(5*time.Second, func() error { return l.unusable(A, "ab") })
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), count, 20, nil)
			},
			Want: []Want{f.atB(qdiscReason, unix.IPPROTO_UDP, transmit()...).older("QDISC_DROP", unspecified).at(A, "ab")},
			// 5.10 and 6.1 do not count what a queue that is switched off refuses
			Counters: []Counter{{Node: A, Name: "link/ab/tx/dropped", Delta: count, Since: "6.12"}},
		},
		{
			Name:  "tap_full",
			Needs: []Need{TunTap},
			Setup: func(l *Lab) error {
				if _, err := l.tap(A, "addr add 10.99.0.1/24 dev tap",
					fmt.Sprintf("link set tap txqueuelen %d", room),
					fmt.Sprintf("neigh add %s lladdr 02:d0:00:00:09:09 dev tap nud permanent", f.nowhere())); err != nil {
					return err
				}
				return nil
			},
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(f.nowhere(), closedPort), count, 20, nil)
			},
			Want:     []Want{f.atB("FULL_RING", unix.IPPROTO_UDP, "tun_net_xmit").older(unspecified).at(A, "tap").times(count - room)},
			Counters: []Counter{{Node: A, Name: "link/tap/tx/dropped", Delta: count - room}},
		},
	}
}
