package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// transmit are the functions that free what a queueing discipline refused.
func transmit() []string {
	return []string{"__dev_queue_xmit", "__dev_xmit_skb", "__tcf_kfree_skb_list", "kfree_skb_list", "kfree_skb_list_reason"}
}

// qdiscReason is said by kernels that have reasons of queueing disciplines.
const qdiscReason = "GENERIC"

func qdiscScenarios() []Scenario {
	f := ipv4()
	to := netip.AddrPortFrom(addressB(f), closedPort)
	refused := func(n uint64) Want {
		return f.atB(qdiscReason, unix.IPPROTO_UDP, transmit()...).older("QDISC_DROP", unspecified).plain("QDISC_DROP").at(A, "ab").times(n)
	}
	// flood sends more than a slow queue takes, with the sender told of it
	flood := func(l *Lab) error {
		fd, err := l.open(A, unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		if err := tellErrors(f, fd); err != nil {
			return err
		}
		return sendMany(fd, to, count, 500, unix.ENOBUFS)
	}
	shaped := func(name string, need Need, kind string, leaf []Counter, lines ...string) Scenario {
		want := refused(count - 1)
		want.FromCounter = "qdisc/ab/" + kind
		return Scenario{
			Name:  name,
			Needs: []Need{need},
			Setup: func(l *Lab) error {
				if err := l.swallow(f, B); err != nil {
					return err
				}
				return l.addQdisc(A, "ab", rootQdisc, lines...)
			},
			Send: flood,
			Want: []Want{want},
			Counters: append([]Counter{
				{Node: A, Name: "Ip.OutDiscards", Same: want.FromCounter},
				{Node: A, Name: "Udp.SndbufErrors", Same: want.FromCounter},
			}, leaf...),
		}
	}
	return []Scenario{
		shaped("tbf_limit", TBF, "tbf", nil, "qdisc add dev ab root tbf rate 8kbit burst 1600 limit 3000"),
		shaped("htb_leaf_limit", HTB, "htb",
			// the same drops again: parent and child must not be added
			[]Counter{{Node: A, Name: "qdisc/ab/pfifo", Same: "qdisc/ab/htb"}},
			"qdisc add dev ab root handle 1: htb default 10",
			"class add dev ab parent 1: classid 1:10 htb rate 8kbit burst 1600",
			"qdisc add dev ab parent 1:10 handle 10: pfifo limit 10"),
		{
			Name:  "tbf_oversize",
			Needs: []Need{TBF},
			Setup: func(l *Lab) error {
				return l.addQdisc(A, "ab", rootQdisc, "qdisc add dev ab root tbf rate 8kbit burst 300 limit 3000")
			},
			Send:     flood,
			Want:     []Want{refused(count)},
			Counters: []Counter{{Node: A, Name: "qdisc/ab/tbf", Delta: count}},
		},
		qdiscDelete(f, to),
	}
}

// swallow binds a socket at the closed port of a node, so that what arrives
// there is no drop.
func (l *Lab) swallow(f family, n Node) error {
	_, err := l.udpSocket(n, netip.AddrPortFrom(addressB(f), closedPort))
	return err
}

// qdiscDelete removes a queue with packets in it.
func qdiscDelete(f family, to netip.AddrPort) Scenario {
	const waiting = 50
	return Scenario{
		Name:  "qdisc_delete",
		Needs: []Need{TBF},
		Setup: func(l *Lab) error {
			if err := l.swallow(f, B); err != nil {
				return err
			}
			if err := l.tc(A, "qdisc add dev ab root tbf rate 8bit burst 600 limit 100000"); err != nil {
				return err
			}
			// the first one uses up the burst
			return l.sendUDP(A, to, waiting+1, 500, nil)
		},
		Send: func(l *Lab) error { return l.tc(A, "qdisc del dev ab root") },
		Want: []Want{f.atB(unspecified, unix.IPPROTO_UDP, "__rtnl_unlock", "rtnl_kfree_skbs", "rtnl_unlock", "kfree_skb_list", "kfree_skb_list_reason").
			at(A, "ab").times(waiting)},
	}
}
