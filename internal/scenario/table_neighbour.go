package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// neighbourScenarios send to an address that nobody answers for, behind a tap.
// The kernel gives up after three questions, here a tenth of a second apart.
func neighbourScenarios(f family) []Scenario {
	want := Want{
		Reason: pick(f, "NEIGH_FAILED", unspecified), Older: []string{unspecified},
		Symbols:  []string{"neigh_invalidate", "arp_error_report", "ndisc_error_report", "__neigh_event_send"},
		Protocol: f.ether, Transport: unix.IPPROTO_UDP, Packets: count,
	}
	to := netip.AddrPortFrom(f.nowhere(), closedPort)
	return []Scenario{
		{
			Name:    f.prefix + "neighbour_forward",
			Needs:   f.needs(TunTap),
			Forward: true,
			Setup:   func(l *Lab) error { return l.deafNet(f, B) },
			Send:    func(l *Lab) error { return l.inject("ab", transit(f, ipHeader{}, 20), count) },
			Want:    []Want{want.at(B, tapName)},
		},
		{
			Name:  f.prefix + "neighbour_local",
			Needs: f.needs(TunTap),
			Setup: func(l *Lab) error { return l.deafNet(f, A) },
			Send:  func(l *Lab) error { return l.sendUDP(A, to, count, 20, nil) },
			Want:  []Want{want.at(A, tapName).headless()},
		},
	}
}

// deafNet routes a network to a tap of a node, where questions for neighbours
// end unheard.
func (l *Lab) deafNet(f family, n Node) error {
	if _, err := l.tap(n); err != nil {
		return err
	}
	version := pick(f, "ipv4", "ipv6")
	if err := l.setting(n, fmt.Sprintf("net/%s/neigh/%s/retrans_time_ms=100", version, tapName)); err != nil {
		return err
	}
	return l.change(n, arpOn(tapName), addAddress(f.besideNowhere(), tapName))
}
