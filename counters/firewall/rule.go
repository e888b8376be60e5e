package firewall

import (
	"strconv"
	"strings"
	"unicode"
)

// A System is one of the kernel's firewalls.
type System string

// Systems.
const (
	NFTables  System = "nft"
	IPTables  System = "iptables"
	IP6Tables System = "ip6tables"
)

// A Rule is a rule of a chain, or the policy of a base chain.
type Rule struct {
	System System
	Family string // ip, ip6, inet, arp, bridge, netdev
	Table  string
	Chain  string
	// Hook is where the chain is called from, such as input; it is empty for
	// chains that only other rules jump to.
	Hook string
	// Priority orders the chains of nftables of a hook.
	Priority int32
	// Devices are those of a chain of family netdev.
	Devices []string

	// Policy is set for what a base chain does with packets that no rule has
	// decided about.
	Policy bool
	// Number is the place in the chain, from 1; 0 for the policy.
	Number int
	// Handle is the kernel's number of the rule, which stays as rules come and
	// go, and Position the handle of the rule before; both are 0 in iptables.
	Handle, Position uint64

	// Content sums up what a rule of iptables says. When it differs, another
	// rule has taken the place: without handles, rules move.
	Content uint64

	// Packets and Bytes are what the rule has counted. They mean nothing
	// unless Counted: a rule of nftables counts only if it was told to.
	Packets, Bytes uint64
	Counted        bool
	// Counter is the name of the counter if it has one. Rules with the same
	// counter in the same table share its numbers.
	Counter string

	Verdict Verdict
	// Target is the chain to jump to, or the name of an extension, such as
	// LOG.
	Target string
	// Exact is set when each counted packet met the verdict. It is not when
	// the rule compares behind its counter.
	Exact bool
	// Comment is what the one who wrote the rule says.
	Comment string
}

// A Verdict is what a rule does with a packet.
type Verdict string

// Verdicts. A rule that goes on to the next one has none.
const (
	None   Verdict = ""
	Accept Verdict = "accept"
	Drop   Verdict = "drop"
	Reject Verdict = "reject"
	Queue  Verdict = "queue"
	Jump   Verdict = "jump"
	Goto   Verdict = "goto"
	Return Verdict = "return"
	// Depends is of a rule that looks its verdict up in a map.
	Depends Verdict = "map"
)

// Loses tells whether the packets that met the rule's verdict are lost.
func (r *Rule) Loses() bool { return r.Verdict == Drop || r.Verdict == Reject }

// String names the rule, such as `inet filter input handle 4 "no telnet"` or
// "iptables filter INPUT rule 3 -j DROP". In nftables it stays the same as long
// as the rule does; in iptables see Content.
func (r *Rule) String() string {
	var b strings.Builder
	if r.System == NFTables {
		b.WriteString(r.Family)
	} else {
		b.WriteString(string(r.System))
	}
	b.WriteString(" " + word(r.Table) + " " + word(r.Chain))
	switch {
	case r.Policy:
		b.WriteString(" policy " + r.action())
	case r.System == NFTables:
		b.WriteString(" handle " + strconv.FormatUint(r.Handle, 10))
	default:
		b.WriteString(" rule " + strconv.Itoa(r.Number))
		b.WriteString(r.action())
	}
	if r.Comment != "" {
		b.WriteString(" " + strconv.QuoteToGraphic(r.Comment))
	}
	return b.String()
}

// action is the verdict in the words of the system.
func (r *Rule) action() string {
	if r.System == NFTables {
		return string(r.Verdict)
	}
	name := strings.ToUpper(string(r.Verdict))
	if r.Target != "" {
		name = word(r.Target)
	}
	switch {
	case r.Policy || name == "":
		return name
	case r.Verdict == Goto:
		return " -g " + name
	}
	return " -j " + name
}

// word quotes a name that would not read as one word.
func word(s string) string {
	odd := func(r rune) bool {
		return r == ' ' || r == '"' || r == unicode.ReplacementChar || !unicode.IsGraphic(r)
	}
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.QuoteToGraphic(s)
	}
	return s
}
