package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// offloadScenarios send buffers of ten datagrams each, which the veth pair
// carries unsplit.
func offloadScenarios(f family) []Scenario {
	const merged = 10
	return []Scenario{{
		Name:  f.prefix + "gso_nft_input",
		Needs: f.needs(NFT, UDPSegments),
		Setup: func(l *Lab) error {
			return l.nftDrop(B, f.table, "input priority 0", "meta l4proto udp counter name hits drop")
		},
		Send: func(l *Lab) error {
			fd, err := l.open(A, f.domain(), unix.SOCK_DGRAM, 0)
			if err != nil {
				return err
			}
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT, 100); err != nil {
				return fmt.Errorf("ask for segmentation: %w", err)
			}
			return sendMany(fd, netip.AddrPortFrom(addressB(f), closedPort), count/merged, 100*merged, nil)
		},
		Want: []Want{{
			Reason: "NETFILTER_DROP", Older: []string{unspecified}, Symbols: firewall(), Node: B, Interface: "ba",
			Protocol: f.ether, Transport: unix.IPPROTO_UDP, Packets: count, Buffers: count / merged,
		}},
		Counters: []Counter{{Node: B, Name: "nft/hits", Delta: count / merged}},
	}}
}
