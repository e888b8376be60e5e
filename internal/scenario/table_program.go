package scenario

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// classifier is the rest of a tc command that adds a program which refuses
// every packet.
func classifier(direction string) string {
	return fmt.Sprintf("%s bpf direct-action bytecode '1,%d 0 0 %d'", direction, unix.BPF_RET|unix.BPF_K, actShot)
}

// programScenarios are packets that attached programs refuse.
func programScenarios() []Scenario {
	f := ipv4()
	ingress := f.atB("TC_INGRESS", unix.IPPROTO_UDP, receiveCore, "sch_handle_ingress").older(unspecified)
	egress := f.atB("TC_EGRESS", unix.IPPROTO_UDP, "__dev_queue_xmit", "sch_handle_egress").older(unspecified).at(A, "ab")
	clsact := func(n Node, dev, direction string) func(*Lab) error {
		return func(l *Lab) error {
			return l.addQdisc(n, dev, clsactQdisc, "qdisc add dev "+dev+" clsact", "filter add dev "+dev+" "+classifier(direction))
		}
	}
	tcx := func(n Node, dev string, out bool) func(*Lab) error {
		return func(l *Lab) error {
			return l.attach(n, dev, ebpf.SchedCLS, actShot, func(index uint32, p *ebpf.Program) (link.Link, error) {
				return attachTCX(index, p, out)
			})
		}
	}
	discards := Counter{Node: A, Name: "Ip.OutDiscards", Delta: count}
	in := func(name string, need Need, setup func(*Lab) error, counters ...Counter) Scenario {
		return Scenario{Name: name, Needs: []Need{need}, Setup: setup, Send: sendToClosed(f, nil), Want: []Want{ingress}, Counters: counters}
	}
	out := func(name string, need Need, setup func(*Lab) error, counters ...Counter) Scenario {
		return Scenario{Name: name, Needs: []Need{need}, Setup: setup, Send: sendToClosed(f, unix.ENOBUFS), Want: []Want{egress},
			Counters: append(counters, discards)}
	}
	return append([]Scenario{
		in("cls_bpf_ingress", ClassBPF, clsact(B, "ba", "ingress"), Counter{Node: B, Name: "qdisc/ba/clsact", Delta: count}),
		out("cls_bpf_egress", ClassBPF, clsact(A, "ab", "egress"), Counter{Node: A, Name: "qdisc/ab/clsact", Delta: count}),
		in("tcx_ingress", TCX, tcx(B, "ba", false)),
		out("tcx_egress", TCX, tcx(A, "ab", true)),
	}, xdpScenarios(f)...)
}

// sendToClosed sends from a socket of A that is told of refusals.
func sendToClosed(f family, want error) func(*Lab) error {
	return func(l *Lab) error {
		fd, err := l.open(A, f.domain(), unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		if errors.Is(want, unix.ENOBUFS) {
			if err := tellErrors(f, fd); err != nil {
				return err
			}
		}
		return sendMany(fd, netip.AddrPortFrom(addressB(f), closedPort), count, 20, want)
	}
}

// tellErrors makes a socket return errors of the queue below it.
func tellErrors(f family, fd int) error {
	level, option := unix.IPPROTO_IP, unix.IP_RECVERR
	if f.ipv6 {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		return fmt.Errorf("ask for errors: %w", err)
	}
	return nil
}

func xdpScenarios(f family) []Scenario {
	xdp := func(name string, value int32, flags link.XDPAttachFlags, want Want, counters ...Counter) Scenario {
		return Scenario{
			Name:  name,
			Needs: []Need{XDP, EthtoolS},
			Setup: func(l *Lab) error {
				return l.attach(B, "ba", ebpf.XDP, value, func(index uint32, p *ebpf.Program) (link.Link, error) {
					return attachXDP(index, p, flags)
				})
			},
			Send:     sendToClosed(f, nil),
			Want:     []Want{want},
			Counters: counters,
		}
	}
	native := f.atB(unspecified, unix.IPPROTO_UDP, "veth_xdp_rcv_skb", "veth_xdp_rcv", "veth_poll")
	generic := f.atB(unspecified, unix.IPPROTO_UDP, "do_xdp_generic", "netif_receive_generic_xdp")
	drops := Counter{Node: B, Name: "ethtool/ba/rx_queue_0_xdp_drops", Delta: count}
	return []Scenario{
		xdp("xdp_native", xdpDrop, link.XDPDriverMode, native, drops),
		xdp("xdp_aborted", xdpAborted, link.XDPDriverMode, native, drops),
		xdp("xdp_generic", xdpDrop, link.XDPGenericMode, generic),
	}
}
