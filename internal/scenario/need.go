package scenario

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// A Need is something that not every machine has.
type Need string

// The needs.
const (
	IPv6       Need = "ipv6"
	NFT        Need = "nft"
	NFTEgress  Need = "nft egress" // netdev egress hook, 5.16
	Conntrack  Need = "nft conntrack"
	NFTBridge  Need = "nft bridge"
	IPTables   Need = "iptables-legacy"
	IP6Tables  Need = "ip6tables-legacy"
	TBF        Need = "tbf"
	HTB        Need = "htb"
	ClassBPF   Need = "cls_bpf"
	TCX        Need = "tcx" // 6.6
	XDP        Need = "xdp"
	Bridge     Need = "bridge"
	TunTap     Need = "tuntap"
	EthtoolS   Need = "ethtool"
	VirtualNet Need = "veth"
	// UDPSegments is a veth that takes several datagrams in one buffer.
	UDPSegments Need = "veth with udp segmentation" // 5.11
)

// Missing is the error for a need that this machine does not meet.
type Missing struct {
	Need    Need
	Package string // Debian package that has the program, if a program is missing
	Err     error  // what trying it gave
}

func (m *Missing) Error() string {
	if m.Package != "" {
		return fmt.Sprintf("need %s: %v; install it with: apt-get install %s", m.Need, m.Err, m.Package)
	}
	return fmt.Sprintf("need %s: this kernel does not offer it: %v", m.Need, m.Err)
}

func (m *Missing) Unwrap() error { return m.Err }

// requirement says how a need is tried: a program must be there, lines must
// succeed in a scratch namespace, and a probe too.
type requirement struct {
	program, pack string
	lines         []string
	probe         func() error
}

func (n Need) requirement() requirement {
	const table = "nft add table "
	switch n {
	case IPv6:
		return requirement{probe: hasIPv6}
	case NFT:
		return requirement{"nft", "nftables", []string{table + "ip t"}, nil}
	case NFTEgress:
		return requirement{"nft", "nftables", []string{table + "netdev t",
			"nft add chain netdev t c { type filter hook egress device lo priority 0 ; }"}, nil}
	case Conntrack:
		return requirement{"nft", "nftables", []string{table + "ip t",
			"nft add chain ip t c", "nft add rule ip t c ct state invalid drop"}, nil}
	case NFTBridge:
		return requirement{"nft", "nftables", []string{table + "bridge t"}, nil}
	case IPTables, IP6Tables:
		return requirement{string(n), "iptables", []string{string(n) + " -w -A INPUT -j DROP"}, nil}
	case TBF:
		return requirement{"tc", "iproute2", []string{"tc qdisc add dev lo root tbf rate 8kbit burst 1600 limit 3000"}, nil}
	case HTB:
		return requirement{"tc", "iproute2", []string{"tc qdisc add dev lo root htb"}, nil}
	case ClassBPF:
		return requirement{"tc", "iproute2", []string{"tc qdisc add dev lo clsact",
			"tc filter add dev lo " + classifier("ingress")}, nil}
	case TCX:
		return requirement{probe: probeTCX}
	case XDP:
		return requirement{probe: probeXDP}
	case Bridge:
		return requirement{"bridge", "iproute2", []string{"ip link add br0 type bridge"}, nil}
	case TunTap:
		return requirement{"ip", "iproute2", []string{"ip tuntap add tap0 mode tap"}, nil}
	case EthtoolS:
		return requirement{"ethtool", "ethtool", nil, nil}
	case UDPSegments:
		return requirement{"ethtool", "ethtool", []string{"ip link add v0 type veth peer name v1"}, probeUDPSegments}
	case VirtualNet:
		return requirement{"ip", "iproute2", []string{"ip link add v0 type veth peer name v1"}, nil}
	}
	return requirement{probe: func() error { return errors.New("nobody knows how to try it") }}
}

// Check tries whether the need is met: programs are looked up, kernel features
// are used in a scratch namespace. The error is a [*Missing].
func (n Need) Check() error {
	r := n.requirement()
	if r.program != "" {
		if _, err := exec.LookPath(r.program); err != nil {
			return &Missing{n, r.pack, err}
		}
	}
	err := inScratch(func() error {
		for _, line := range r.lines {
			if _, err := command("", line); err != nil {
				return err
			}
		}
		if r.probe != nil {
			return r.probe()
		}
		return nil
	})
	if err != nil {
		return &Missing{Need: n, Err: err}
	}
	return nil
}

func hasIPv6() error {
	_, err := os.Stat("/proc/thread-self/net/if_inet6")
	return err
}

func probeUDPSegments() error {
	out, err := command("", "ethtool -k v0")
	if err == nil && !strings.Contains(out, "tx-udp-segmentation: on") {
		err = errors.New("tx-udp-segmentation is not on")
	}
	return err
}
