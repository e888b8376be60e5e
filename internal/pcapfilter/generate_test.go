package pcapfilter

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A writer makes up expressions. Nearly all are right; tcpdump has the last
// word.
type writer struct {
	maker
	headers bool // ask for encapsulations too, behind which not everything may stand
}

func newWriter(seed uint64) writer {
	m := maker{rand.New(rand.NewPCG(seed, 3))}
	return writer{m, m.chance(20)}
}

// expression is a list of tests; depth bounds parentheses.
func (w writer) expression(depth int) string {
	text := w.term(depth)
	for w.chance(45) {
		text += w.joint() + w.term(depth)
	}
	return text
}

func (w writer) joint() string { return pick(w.maker, []string{" and ", " or ", " && ", " || "}) }

func (w writer) term(depth int) string {
	switch n := w.IntN(100); {
	case n < 12:
		return pick(w.maker, []string{"not ", "! ", "!"}) + w.term(depth)
	case n < 25 && depth > 0:
		return "(" + w.expression(depth-1) + ")"
	case n < 40:
		return pick(w.maker, strings.Fields("ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp ah esp pim vrrp stp ipx iso isis atalk aarp netbeui l1 snp"))
	case n < 53:
		return w.hosts()
	case n < 64:
		return w.ports()
	case n < 70:
		return w.protocols()
	case n < 90:
		return w.relation()
	case n < 95 || !w.headers:
		return pick(w.maker, []string{
			"ip broadcast", "ip multicast", "ip6 multicast", "broadcast", "ether multicast",
			"less 60", "greater 70", "byte 12 = 8", "byte 0 < 5", "llc", "llc u", "less 200",
			"ether host 00:11:22:33:44:55", "ether src 02:00:00:00:00:01", "ether dst ff:ff:ff:ff:ff:ff",
		})
	}
	return pick(w.maker, []string{"vlan", "vlan 5", "vlan 100", "mpls", "mpls 1024", "pppoes", "pppoes 5", "pppoed"})
}

func (w writer) direction() string {
	return pick(w.maker, []string{"", "", "", "src ", "dst ", "src or dst ", "src and dst ", "dst and src "})
}

// ids is one ID or several, of which only the first has a qualifier.
func (w writer) ids(one func() string) string {
	if w.chance(15) {
		text := one()
		for w.chance(60) {
			text += w.joint() + pick(w.maker, []string{"", "", "not "}) + one()
		}
		return "(" + text + ")"
	}
	text := one()
	for w.chance(25) {
		text += w.joint() + pick(w.maker, []string{"", "", "not "}) + one()
	}
	return text
}

func (w writer) hosts() string {
	switch w.IntN(6) {
	case 0:
		qualifier := pick(w.maker, []string{"", "ip6 "}) + w.direction() + "host "
		return qualifier + w.ids(func() string { return pick(w.maker, poolIPv6) })
	case 1:
		return pick(w.maker, []string{"", "ip ", "arp "}) + w.direction() + "net " + w.ids(func() string {
			return pick(w.maker, []string{"10", "10.0.0.0/8", "192.168.0.0/16", "10.1.2", "10.0.0.0/30", "0.0.0.0/0", "172.16.0.0 mask 255.240.0.0"})
		})
	case 2:
		return w.direction() + "net " + w.ids(func() string {
			return pick(w.maker, []string{"2001:db8::/32", "fe80::/10", "ff00::/8", "2001:db8::/47"})
		})
	}
	return pick(w.maker, []string{"", "", "ip ", "arp ", "rarp "}) + w.direction() + "host " +
		w.ids(func() string { return pick(w.maker, poolIPv4) })
}

func (w writer) ports() string {
	before := pick(w.maker, []string{"", "", "tcp ", "udp ", "sctp "}) + w.direction()
	if w.chance(25) {
		return before + "portrange " + w.ids(func() string {
			return fmt.Sprintf("%d-%d", pick(w.maker, poolPort), pick(w.maker, poolPort))
		})
	}
	return before + "port " + w.ids(func() string { return fmt.Sprint(pick(w.maker, poolPort)) })
}

func (w writer) protocols() string {
	if w.chance(30) {
		return "ether proto " + pick(w.maker, []string{`\ip`, `\arp`, "0x86dd", "0x8100", "0x42", `\iso`, "0x8137", `\ipx`, "1500"})
	}
	return pick(w.maker, []string{"", "ip ", "ip6 "}) + "proto " + w.ids(func() string {
		return pick(w.maker, []string{"6", "17", "1", "58", "44", `\tcp`, `\udp`, "ospf", "gre"})
	})
}

func (w writer) relation() string {
	relation := pick(w.maker, []string{" = ", " != ", " > ", " < ", " >= ", " <= ", "==", "<"})
	if w.chance(60) {
		return w.field(1) + relation + w.number()
	}
	return w.arithmetic(3) + relation + w.arithmetic(2)
}

func (w writer) number() string {
	if w.chance(10) {
		return pick(w.maker, []string{"tcp-syn", "icmp-echo", "icmp6-echo", "tcp-ack", "0xffffffff", "0x80000000"})
	}
	return fmt.Sprint(pick(w.maker, []int{0, 1, 2, 3, 4, 5, 6, 8, 17, 20, 31, 32, 53, 64, 80, 128, 255, 256, 2048, 65535}))
}

func (w writer) field(depth int) string {
	protocol := pick(w.maker, []string{"ip", "ip", "ip6", "tcp", "tcp", "udp", "icmp", "icmp6", "ether", "arp", "sctp", "igmp"})
	index := fmt.Sprint(w.IntN(24))
	if depth > 0 && w.chance(15) {
		index = w.arithmetic(depth - 1)
	}
	return protocol + "[" + index + pick(w.maker, []string{"", "", ":1", ":2", ":4"}) + "]"
}

func (w writer) arithmetic(depth int) string {
	switch n := w.IntN(100); {
	case depth == 0 || n < 20:
		if w.chance(60) {
			return w.field(depth)
		}
		return w.number()
	case n < 25:
		return "len"
	case n < 32:
		return "- " + w.arithmetic(depth-1)
	case n < 45:
		return "(" + w.arithmetic(depth-1) + ")"
	}
	operator := pick(w.maker, []string{" + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ ", " << ", " >> ", " & ", " + "})
	return w.arithmetic(depth-1) + operator + w.arithmetic(depth-1)
}
