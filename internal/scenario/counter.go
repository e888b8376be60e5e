package scenario

import (
	"fmt"
	"strings"
)

// A Counter is a kernel counter that a scenario moves. Its name is
//
//	Udp.NoPorts, TcpExt.ListenDrops   /proc/net/snmp and netstat
//	Udp6NoPorts                       /proc/net/snmp6
//	link/ba/rx/dropped                interface statistics
//	qdisc/ab/tbf                      drops of a queueing discipline
//	nft/hits                          packets of the named nft counter
//	iptables/INPUT, ip6tables/INPUT   packets of a chain's first rule
//	ethtool/ba/rx_queue_0_xdp_drops   driver statistics
//	own/NAME                          what the scenario itself registered
type Counter struct {
	Node Node
	Name string
	// Delta is by how much it rises. With AtLeast it may rise more.
	Delta   uint64
	AtLeast bool
	// Same names another counter of the node that rises by the same amount,
	// at least once; Delta is not used then.
	Same string
	// Since is the release from which the kernel has it; empty: all do. On
	// older ones it is not judged.
	Since string
}

// counterKey says which counter of which node.
type counterKey struct {
	node Node
	name string
}

// ReadCounter reads a counter of a node by its name (see [Counter]). A counter
// that the kernel does not have, or does not show before it moves, is 0.
func (l *Lab) ReadCounter(n Node, name string) (uint64, error) {
	if meter, ok := l.meters[name]; ok {
		return meter()
	}
	var value uint64
	err := l.Do(n, func() error {
		var err error
		value, err = readCounter(name)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read counter %s of node %s: %w", name, n, err)
	}
	return value, nil
}

func readCounter(name string) (uint64, error) {
	part := strings.Split(name, "/")
	if len(part) == 1 {
		return readProtocolCounter(name)
	}
	switch part[0] {
	case "link":
		return readLinkCounter(part[1], part[2], part[3])
	case "qdisc":
		return readQdiscDrops(part[1], part[2])
	case "nft":
		return readNFTCounter(part[1])
	case "iptables", "ip6tables":
		return readChainCounter(part[0]+"-legacy", part[1])
	case "ethtool":
		return readDriverCounter(part[1], part[2])
	}
	return 0, fmt.Errorf("unknown kind of counter")
}
