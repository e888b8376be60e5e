package scenario

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// quiet prepares the namespace of the calling thread for a node, before it has
// any interface, so that the kernel sends nothing by itself in it.
func quiet(n Node, o Options) error {
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
	if n == B && o.Forward {
		settings = append(settings, "net/ipv4/ip_forward=1")
	}
	return setAll(settings...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// set writes settings of the form net/ipv4/ip_forward=1 in a node.
func (l *Lab) set(n Node, settings ...string) error {
	l.changed = true
	return l.setting(n, settings...)
}

// setting is set for what Close undoes.
func (l *Lab) setting(n Node, settings ...string) error {
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
		if err := l.change(n, l.links(n)...); err != nil {
			return err
		}
	}
	if l.options.Forward && l.options.IPv6 {
		// not earlier: a router joins groups on links that know multicast
		if err := l.setting(B, "net/ipv6/conf/all/forwarding=1"); err != nil {
			return err
		}
	}
	for _, n := range l.list() {
		if err := l.change(n, l.addresses(n)...); err != nil {
			return err
		}
	}
	return await(5*time.Second, l.ready)
}

// ready fails until the kernel has arranged in the background what it does not
// do at once: that the wires carry packets, and IPv6.
func (l *Lab) ready() error {
	for _, n := range l.list() {
		if err := l.Do(n, func() error { return ready(l.endsOf(n), l.options.IPv6) }); err != nil {
			return fmt.Errorf("node %s: %w", n, err)
		}
	}
	return nil
}

func ready(ends []end, ipv6 bool) error {
	for _, e := range ends {
		if err := operational(e.name); err != nil {
			return err
		}
	}
	if !ipv6 {
		return nil
	}
	routes, err := os.ReadFile("/proc/thread-self/net/ipv6_route")
	if err != nil {
		return err
	}
	for _, e := range ends {
		if !hasLocalRoute(string(routes), e) {
			return fmt.Errorf("no local route for %s yet", e.v6)
		}
	}
	return nil
}

// hasLocalRoute looks for an end's address in the text of
// /proc/net/ipv6_route.
func hasLocalRoute(text string, e end) bool {
	start := fmt.Sprintf("%x 80 ", e.v6.As16())
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, start) {
			continue
		}
		field := strings.Fields(line)
		flags, err := strconv.ParseUint(field[len(field)-2], 16, 32)
		if err == nil && flags&unix.RTF_LOCAL != 0 && field[len(field)-1] == e.name {
			return true
		}
	}
	return false
}

func (l *Lab) addPairs() error {
	if err := l.change(A, newPair(endOf("ab"), endOf("ba"), int(l.nodes[B].Fd()))); err != nil || !l.options.Forward {
		return err
	}
	return l.change(B, newPair(endOf("bc"), endOf("cb"), int(l.nodes[C].Fd())))
}

func (l *Lab) links(n Node) []change {
	changes := []change{up("lo")}
	for _, e := range l.endsOf(n) {
		changes = append(changes, upQuiet(e.name))
	}
	return changes
}

func (l *Lab) addresses(n Node) []change {
	var changes []change
	for _, e := range l.endsOf(n) {
		p := peerOf(e.name)
		for _, f := range l.families() {
			changes = append(changes, addAddress(e.network(f), e.name), pinNeighbour(p.address(f), p.mac, e.name))
			if n != B {
				changes = append(changes, addRoute(defaultRoute(p.address(f))))
			}
		}
	}
	return changes
}

func (l *Lab) families() []family {
	if l.options.IPv6 {
		return families()
	}
	return families()[:1]
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
