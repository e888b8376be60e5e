package scenario_test

import (
	"fmt"

	"dropwatch/internal/scenario"
)

// A source that saw one packet too few is told which.
func Example() {
	for _, s := range scenario.All() {
		if s.Name != "ethertype" {
			continue
		}
		scene := scenario.Scene{
			Inodes:     map[scenario.Node]uint32{scenario.B: 4026532200},
			Interfaces: map[string]uint32{"ba": 2},
			Rises:      map[scenario.Node]map[string]uint64{scenario.B: {"link/ba/rx/dropped": 100}},
			Knows:      func(string) bool { return true },
		}
		err := s.Check(scene, scenario.FullSight(), scenario.Seen{Rows: []scenario.Observed{{
			Reason: "UNHANDLED_PROTO", Symbol: "__netif_receive_skb_core", NetNS: 4026532200, Interface: 2,
			Protocol: 0x88b5, Packets: 99, Buffers: 99,
		}}})
		fmt.Println(err)
	}
	// Output: want 100 packets in 100 buffers, saw 99 in 99: UNHANDLED_PROTO at __netif_receive_skb_core, node "b" interface "ba", protocol 0x88b5 transport 0
}
