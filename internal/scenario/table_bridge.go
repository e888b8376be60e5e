package scenario

import (
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// bridgeScenarios make B a bridge between A and C, without addresses.
func bridgeScenarios() []Scenario {
	f := ipv4()
	toC := func(size int) func(*Lab) error {
		return func(l *Lab) error {
			h := ipHeader{source: addressA(f), destination: addressC(f), protocol: unix.IPPROTO_UDP}
			u := udpHeader{source: clientPort, destination: closedPort}
			packet := h.packet(u.segment(h.source, h.destination, make([]byte, size)))
			return l.inject("ab", ethernet(endOf("cb").mac, endOf("ab").mac, f.ether, packet), count)
		}
	}
	setup := func(extra func(*Lab) error, changes ...change) func(*Lab) error {
		return func(l *Lab) error {
			if err := l.bridge(changes...); err != nil || extra == nil {
				return err
			}
			return extra(l)
		}
	}
	push := []string{"br_dev_queue_push_xmit", "br_forward_finish", "__br_forward"}
	return []Scenario{
		{
			Name: "bridge_port_disabled", Needs: []Need{Bridge}, Forward: true,
			// the ip program's way does not last
			Setup: setup(func(l *Lab) error { return l.configure(B, portState("ba", 0)) }),
			Send:  toC(20),
			Want:  []Want{f.atB("BRIDGE_INGRESS_STP_STATE", unix.IPPROTO_UDP, "br_handle_frame", "br_handle_frame_finish").older(unspecified)},
		},
		{
			Name: "bridge_port_listening", Needs: []Need{Bridge}, Forward: true,
			// the kernel's own spanning tree keeps new ports from forwarding
			Setup: setup(nil, setLink("ba", master("")), setLink(bridgeName, ofKind("bridge", spanningTree)), setLink("ba", master(bridgeName))),
			Send:  toC(20),
			Want: []Want{
				f.atB("BRIDGE_INGRESS_STP_STATE", unix.IPPROTO_UDP, "br_handle_frame", "br_handle_frame_finish").older(unspecified),
				treeMessage(A, "ab"), treeMessage(C, "cb"),
			},
		},
		{
			Name: "bridge_no_port", Needs: []Need{Bridge}, Forward: true,
			Setup: setup(nil, setLink("bc", master(""))),
			Send:  toC(20),
			Want:  []Want{f.atB("NO_TX_TARGET", unix.IPPROTO_UDP, "br_handle_frame_finish", "br_flood", "br_forward").since("6.14").older(unspecified)},
		},
		{
			Name: "bridge_nft", Needs: []Need{Bridge, NFTBridge}, Forward: true,
			Setup: setup(func(l *Lab) error {
				return l.nftDrop(B, "bridge", "forward priority 0", "counter name hits drop")
			}),
			Send:     toC(20),
			Want:     []Want{f.atB("NETFILTER_DROP", unix.IPPROTO_UDP, firewall()...).older(unspecified).at(B, "bc")},
			Counters: []Counter{{Node: B, Name: "nft/hits", Delta: count}},
		},
		{
			Name: "bridge_mtu", Needs: []Need{Bridge}, Forward: true,
			Setup: setup(nil, setLink("bc", mtu(1300))),
			Send:  toC(1372),
			Want:  []Want{f.atB(unspecified, unix.IPPROTO_UDP, push...).at(B, "bc")},
		},
	}
}

// treeMessage is what a bridge may tell its neighbours in the meantime, and
// that nobody there wants.
func treeMessage(n Node, dev string) Want {
	return Want{
		Reason: unspecified, Symbols: []string{"llc_rcv", "stp_pdu_rcv", "__netif_receive_skb_core"}, Node: n, Interface: dev,
		Protocol: unix.ETH_P_802_2, AtLeast: true,
	}
}

// bridge turns B from a router into a bridge.
func (l *Lab) bridge(more ...change) error {
	f := ipv4()
	changes := []change{
		removeAddress(endOf("ba").network(f), "ba"), removeAddress(endOf("bc").network(f), "bc"),
		newLink(bridgeName, "bridge", noSnooping), up(bridgeName),
		setLink("ba", master(bridgeName)), setLink("bc", master(bridgeName)),
	}
	if exists("/proc/sys/net/bridge/bridge-nf-call-iptables") {
		if err := l.set(B, "net/bridge/bridge-nf-call-iptables=0"); err != nil {
			return err
		}
	}
	return l.configure(B, append(changes, more...)...)
}

// noSnooping is for a bridge that must not send questions about groups.
func noSnooping(e *netlink.AttributeEncoder) error {
	e.Uint8(unix.IFLA_BR_MCAST_SNOOPING, 0)
	return nil
}

// spanningTree lets a bridge listen for others for 30 s before it forwards.
func spanningTree(e *netlink.AttributeEncoder) error {
	e.Uint32(unix.IFLA_BR_FORWARD_DELAY, 3000)
	e.Uint32(unix.IFLA_BR_STP_STATE, 1)
	return nil
}
