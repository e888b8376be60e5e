package explain

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"dropwatch/dropmon"
)

// EtherTypes and IP protocol numbers that rules can name.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd

	ipICMP   = 1
	ipTCP    = 6
	ipUDP    = 17
	ipICMPv6 = 58
)

// Bits of a set of protocols. Every packet has exactly one of them.
const (
	protoNone uint8 = 1 << iota // no network packet
	protoIPv4
	protoIPv6
	protoARP
	protoOther
	protoAny = protoNone | protoIPv4 | protoIPv6 | protoARP | protoOther
	protoIP  = protoIPv4 | protoIPv6
)

// Bits of a set of transports. Every packet has exactly one of them.
const (
	transTCP uint8 = 1 << iota
	transUDP
	transICMP
	transICMPv6
	transOther
	transAny = transTCP | transUDP | transICMP | transICMPv6 | transOther
)

// unreasoned is set next to the flags of dropmon when the source of the drop
// has no reasons at all, which says less than the kernel's NOT_SPECIFIED.
const unreasoned uint16 = 1 << 15

// facts are the facts of a drop in the form that conditions are written in.
type facts struct {
	proto, trans uint8
	flags        uint16
}

// A condition is what a rule demands besides reason and function.
type condition struct {
	protos, trans uint8
	set, clear    uint16 // flags that must be set, must not be set
	demands       int    // how many things it demands
}

func (c *condition) matches(f facts) bool {
	return c.protos&f.proto != 0 && c.trans&f.trans != 0 &&
		f.flags&c.set == c.set && f.flags&c.clear == 0
}

// overlaps tells whether some packet could match both conditions.
func (c *condition) overlaps(d *condition) bool {
	set := c.set | d.set
	group := uint16(dropmon.FlagBroadcast | dropmon.FlagMulticast)
	return c.protos&d.protos != 0 && c.trans&d.trans != 0 &&
		set&(c.clear|d.clear) == 0 && set&group != group
}

func protoBit(etherType uint16) uint8 {
	switch etherType {
	case 0:
		return protoNone
	case etherIPv4:
		return protoIPv4
	case etherIPv6:
		return protoIPv6
	case etherARP:
		return protoARP
	}
	return protoOther
}

// transBit ignores the transport of what is not IP, where it means nothing.
func transBit(proto, transport uint8) uint8 {
	if proto&protoIP == 0 {
		return transOther
	}
	switch transport {
	case ipTCP:
		return transTCP
	case ipUDP:
		return transUDP
	case ipICMP:
		return transICMP
	case ipICMPv6:
		return transICMPv6
	}
	return transOther
}

func protoNamed(name string) (uint8, bool) {
	switch name {
	case "none":
		return protoNone, true
	case "ipv4":
		return protoIPv4, true
	case "ipv6":
		return protoIPv6, true
	case "arp":
		return protoARP, true
	}
	return 0, false
}

func transNamed(name string) (uint8, bool) {
	switch name {
	case "tcp":
		return transTCP, true
	case "udp":
		return transUDP, true
	case "icmp":
		return transICMP, true
	case "icmpv6":
		return transICMPv6, true
	}
	return 0, false
}

func flagNamed(name string) (uint16, bool) {
	switch name {
	case "reset":
		return uint16(dropmon.FlagReset), true
	case "time_wait":
		return uint16(dropmon.FlagTimeWait), true
	case "link_down":
		return uint16(dropmon.FlagLinkDown), true
	case "broadcast":
		return uint16(dropmon.FlagBroadcast), true
	case "multicast":
		return uint16(dropmon.FlagMulticast), true
	case "our_mac":
		return uint16(dropmon.FlagOurMAC), true
	case "unreasoned":
		return unreasoned, true
	}
	return 0, false
}

// parseCondition turns the written conditions of a rule into masks and refuses
// those that no packet can meet.
func parseCondition(d *ruleData) (condition, error) {
	c := condition{protos: protoAny, trans: transAny}
	if err := c.parseSets(d); err != nil {
		return condition{}, err
	}
	for _, word := range d.Flags {
		name, negated := strings.CutPrefix(word, "!")
		bit, ok := flagNamed(name)
		if !ok {
			return condition{}, fmt.Errorf("unknown flag %q", name)
		}
		if (c.set|c.clear)&bit != 0 {
			return condition{}, fmt.Errorf("flag %q is named twice", name)
		}
		if negated {
			c.clear |= bit
		} else {
			c.set |= bit
		}
	}
	c.demands += bits.OnesCount16(c.set) + bits.OnesCount16(c.clear)
	return c, c.possible()
}

func (c *condition) parseSets(d *ruleData) error {
	if len(d.Protocols) > 0 {
		c.protos, c.demands = 0, c.demands+1
	}
	for _, name := range d.Protocols {
		bit, ok := protoNamed(name)
		if !ok {
			return fmt.Errorf("unknown protocol %q", name)
		}
		c.protos |= bit
	}
	if len(d.Transports) > 0 {
		c.trans, c.demands = 0, c.demands+1
	}
	for _, name := range d.Transports {
		bit, ok := transNamed(name)
		if !ok {
			return fmt.Errorf("unknown transport %q", name)
		}
		c.trans |= bit
	}
	return nil
}

// possible tells why no packet can meet a condition, nil if one can.
func (c *condition) possible() error {
	tcpOnly := uint16(dropmon.FlagReset | dropmon.FlagTimeWait)
	group := uint16(dropmon.FlagBroadcast | dropmon.FlagMulticast)
	switch {
	case c.trans != transAny && c.protos&protoIP == 0:
		return errors.New("rule can never match: a transport needs protocol ipv4 or ipv6")
	case c.set&tcpOnly != 0 && c.trans&transTCP == 0:
		return errors.New("rule can never match: flags reset and time_wait need transport tcp")
	case c.set&tcpOnly != 0 && c.protos&protoIP == 0:
		return errors.New("rule can never match: flags reset and time_wait need protocol ipv4 or ipv6")
	case c.set&group == group:
		return errors.New("rule can never match: a frame is not both broadcast and multicast")
	}
	return nil
}
