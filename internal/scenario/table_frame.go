package scenario

import "golang.org/x/sys/unix"

// receiveCore is the function that hands frames to protocols.
const receiveCore = "__netif_receive_skb_core"

// frameScenarios are frames that no protocol takes.
func frameScenarios() []Scenario {
	f := ipv4()
	const unknown = 0x88b5 // an EtherType for experiments
	return []Scenario{
		{
			Name: "ethertype",
			Send: func(l *Lab) error {
				return l.inject("ab", ethernet(endOf("ba").mac, endOf("ab").mac, unknown, make([]byte, 46)), count)
			},
			Want: []Want{{
				Reason: "UNHANDLED_PROTO", Older: []string{unspecified}, Symbols: []string{receiveCore},
				Node: B, Interface: "ba", Protocol: unknown, Packets: count,
			}},
			Counters: []Counter{{Node: B, Name: "link/ba/rx/dropped", Delta: count}},
		},
		{
			Name: "vlan_unknown",
			Send: func(l *Lab) error {
				plain := f.udpFrame(ipHeader{}, udpHeader{}, 20)
				tagged := vlan(42, unix.ETH_P_IP, plain[14:])
				return l.inject("ab", ethernet(endOf("ba").mac, endOf("ab").mac, unix.ETH_P_8021Q, tagged), count)
			},
			Want: []Want{f.atB("OTHERHOST", unix.IPPROTO_UDP, ipReceive(f)...)},
		},
	}
}
