package scenario

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// quiet prepares the namespace of the calling thread, before it has any
// interface, so that the kernel sends nothing by itself in it.
func quiet(o Options) error {
	settings := []string{
		"net/ipv4/conf/all/rp_filter=0",
		"net/ipv4/conf/default/rp_filter=0",
	}
	switch {
	case o.IPv6:
		settings = append(settings,
			"net/ipv6/conf/all/disable_ipv6=0",
			"net/ipv6/conf/default/disable_ipv6=0",
			"net/ipv6/conf/default/accept_dad=0",
			"net/ipv6/conf/default/accept_ra=0",
			"net/ipv6/conf/default/autoconf=0",
			"net/ipv6/conf/default/router_solicitations=0",
			"net/ipv6/conf/default/addr_gen_mode=1")
	case exists("/proc/sys/net/ipv6"):
		settings = append(settings,
			"net/ipv6/conf/all/disable_ipv6=1",
			"net/ipv6/conf/default/disable_ipv6=1")
	}
	return setAll(settings...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// set writes settings of the form net/ipv4/ip_forward=1 in a node.
func (l *Lab) set(n Node, settings ...string) error {
	return l.Do(n, func() error { return setAll(settings...) })
}

func setAll(settings ...string) error {
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644); err != nil {
			return fmt.Errorf("set %s: %w", setting, err)
		}
	}
	return nil
}

// wire adds the interfaces and everything that hangs on them.
func (l *Lab) wire() error {
	if err := l.addPairs(); err != nil {
		return err
	}
	for _, n := range l.list() {
		if err := l.ip(n, l.linkLines(n)...); err != nil {
			return err
		}
	}
	if l.options.Forward {
		settings := []string{"net/ipv4/ip_forward=1"}
		if l.options.IPv6 {
			settings = append(settings, "net/ipv6/conf/all/forwarding=1")
		}
		if err := l.set(B, settings...); err != nil {
			return err
		}
	}
	for _, n := range l.list() {
		if err := l.ip(n, l.addressLines(n)...); err != nil {
			return err
		}
	}
	if l.options.IPv6 {
		return await(5*time.Second, l.haveAddresses)
	}
	return nil
}

// haveAddresses fails until the kernel takes packets for all IPv6 addresses,
// which it arranges in the background.
func (l *Lab) haveAddresses() error {
	for _, n := range l.list() {
		local, err := l.Run(n, "ip -6 route show table local")
		if err != nil {
			return err
		}
		for _, e := range l.endsOf(n) {
			if !strings.Contains(local, "local "+e.v6.String()+" dev "+e.name) {
				return fmt.Errorf("node %s has no local route for %s yet", n, e.v6)
			}
		}
	}
	return nil
}

func (l *Lab) addPairs() error {
	lines := []string{l.pairLine("ab", "ba")}
	if l.options.Forward {
		lines = append(lines, l.pairLine("bc", "cb"))
	}
	_, err := command(strings.Join(lines, "\n")+"\n", "ip -batch -")
	return err
}

func (l *Lab) pairLine(left, right string) string {
	x, y := endOf(left), endOf(right)
	return fmt.Sprintf("link add %s netns %s address %s type veth peer name %s netns %s address %s",
		x.name, l.names[x.node], macText(x.mac), y.name, l.names[y.node], macText(y.mac))
}

func macText(m [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// linkLines brings links up. Without ARP and multicast flags IPv6 joins no
// groups and therefore sends no reports about them.
func (l *Lab) linkLines(n Node) []string {
	lines := []string{"link set lo up"}
	for _, e := range l.endsOf(n) {
		lines = append(lines, "link set "+e.name+" arp off multicast off up")
	}
	return lines
}

func (l *Lab) addressLines(n Node) []string {
	var lines []string
	for _, e := range l.endsOf(n) {
		p := peerOf(e.name)
		lines = append(lines,
			fmt.Sprintf("addr add %s/24 dev %s", e.v4, e.name),
			fmt.Sprintf("neigh replace %s lladdr %s dev %s nud permanent", p.v4, macText(p.mac), e.name))
		if l.options.IPv6 {
			lines = append(lines,
				fmt.Sprintf("addr add %s/64 dev %s nodad", e.v6, e.name),
				fmt.Sprintf("neigh replace %s lladdr %s dev %s nud permanent", p.v6, macText(p.mac), e.name))
		}
		if n != B {
			lines = append(lines, fmt.Sprintf("route add default via %s", p.v4))
			if l.options.IPv6 {
				lines = append(lines, fmt.Sprintf("route add default via %s", p.v6))
			}
		}
	}
	return lines
}

func (l *Lab) endsOf(n Node) []end {
	var own []end
	for _, e := range ends() {
		if e.node == n && (l.options.Forward || e.name == "ab" || e.name == "ba") {
			own = append(own, e)
		}
	}
	return own
}
