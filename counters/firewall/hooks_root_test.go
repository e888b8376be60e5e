package firewall

import (
	"errors"
	"testing"
)

// wire is two pairs of interfaces in one namespace: what is sent out of one end
// arrives at the other as from a network.
func wire() error {
	return run("",
		"ip link add v0 address 02:00:00:00:00:01 type veth peer name v1",
		"ip link add w0 type veth peer name w1",
		"ip link set v0 up", "ip link set v1 up", "ip link set w0 up", "ip link set w1 up")
}

var router = [6]byte{2, 0, 0, 0, 0, 1}

func TestRootNFTForward(t *testing.T) {
	inNamespace(t, func() error {
		err := errors.Join(wire(), run("",
			"ip addr add 192.0.2.1/24 dev v0", "ip route add 198.51.100.0/24 dev w0",
			"ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:77 dev w0"),
			setting("/proc/sys/net/ipv4/ip_forward", "1"), setting("/proc/sys/net/ipv4/conf/v0/rp_filter", "0"), setting("/proc/sys/net/ipv4/conf/all/rp_filter", "0"),
			load(`
table ip filter {
	chain forward {
		type filter hook forward priority 0; policy drop
		udp dport 7 counter drop
		udp dport 8 drop
		udp dport 9 counter accept
	}
}
`))
		if err != nil {
			return err
		}
		err = errors.Join(inject("v1", frame(router, 7), 21), inject("v1", frame(router, 8), 5), inject("v1", frame(router, 9), 22))
		if err != nil {
			return err
		}
		rules, err := read(NFTables)
		return errors.Join(err,
			counted(rules, "ip filter forward handle 2", 21, bytes4),
			uncounted(rules, "ip filter forward handle 3"),
			counted(rules, "ip filter forward handle 4", 22, bytes4),
			uncounted(rules, "ip filter forward policy drop"),
			sameAsNFT(rules))
	})
}

func TestRootNFTDevice(t *testing.T) {
	inNamespace(t, func() error {
		err := errors.Join(wire(), load(`
table netdev early {
	counter eight { }
	chain in {
		type filter hook ingress device v0 priority -500; policy accept
		udp dport 7 counter drop
		udp dport 8 counter name eight drop
		udp dport 9 drop
	}
}
`))
		if err != nil {
			return err
		}
		err = errors.Join(inject("v1", frame(router, 7), 31), inject("v1", frame(router, 8), 32), inject("v1", frame(router, 9), 33))
		if err != nil {
			return err
		}
		rules, err := read(NFTables)
		if err != nil {
			return err
		}
		chain, err := find(rules, "netdev early in policy accept")
		if err != nil {
			return err
		}
		if chain.Hook != "ingress" || chain.Priority != -500 || len(chain.Devices) != 1 || chain.Devices[0] != "v0" {
			t.Errorf("got hook %s %d of %v", chain.Hook, chain.Priority, chain.Devices)
		}
		return errors.Join(
			counted(rules, "netdev early in handle 3", 31, bytes4),
			counted(rules, "netdev early in handle 4", 32, bytes4),
			uncounted(rules, "netdev early in handle 5"),
			sameAsNFT(rules))
	})
}

func TestRootNFTBridge(t *testing.T) {
	inNamespace(t, func() error {
		err := errors.Join(wire(),
			run("", "ip link add br0 type bridge mcast_snooping 0", "ip link set v0 master br0", "ip link set w0 master br0", "ip link set br0 up"),
			load(`
table bridge filter {
	counter flood { }
	chain forward {
		type filter hook forward priority 0
		udp dport 7 counter drop
		udp dport 8 drop
		udp dport 9 counter name "flood" drop
	}
}
`))
		if err != nil {
			return err
		}
		stranger := [6]byte{2, 0, 0, 0, 0, 0x88}
		err = errors.Join(inject("v1", frame(stranger, 7), 41), inject("v1", frame(stranger, 8), 42), inject("v1", frame(stranger, 9), 43))
		if err != nil {
			return err
		}
		rules, err := read(NFTables)
		return errors.Join(err,
			counted(rules, "bridge filter forward handle 3", 41, bytes4),
			uncounted(rules, "bridge filter forward handle 4"),
			counted(rules, "bridge filter forward handle 5", 43, bytes4),
			sameAsNFT(rules))
	})
}
