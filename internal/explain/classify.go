package explain

import (
	"strings"

	"dropwatch/dropmon"
)

// Facts are what is known of a drop.
type Facts struct {
	Reason    string // without SKB_DROP_REASON_; empty when the source has no reasons
	Subsystem string // of the reason; empty means core
	Function  string // that dropped, with or without the compiler's suffixes; empty when unknown
	Protocol  uint16 // EtherType in host order; 0 when it was no network packet or the source does not tell
	Transport uint8  // IP protocol number, used when Protocol is IPv4 or IPv6
	Flags     dropmon.Flags
	Trap      string // devlink trap that reported it; decides alone
	TrapGroup string // of the trap; empty when the source does not tell
}

// A Verdict is what a drop means.
type Verdict struct {
	Class    dropmon.Class
	Cause    string // one or two sentences
	Advice   string // one or two sentences, with commands in backquotes
	Counters []string
	// Fragments says that the drop is a piece of another drop and must not be
	// counted.
	Fragments bool
	// Reason is the reason that a hint stands for where the kernel gave none.
	Reason string
	// Known says that a rule knows this drop; otherwise it is judged by its
	// subsystem, or as a loss because nothing is known.
	Known bool
	// Culprit is the kind of thing that drops packets so; empty when that is
	// of no interest.
	Culprit CulpritKind
	// Discard is sFlow's code for it; every drop has one.
	Discard Discard
	// Live are advices with the settings of the host in them, see [Base.Advise].
	Live []string
}

// Classify judges a drop. Where nothing fits, the class is loss, so that
// nothing unknown is hidden. The caller must not change Counters.
func (b *Base) Classify(f Facts) Verdict {
	if f.Trap != "" {
		return b.classifyTrap(f.Trap, f.TrapGroup)
	}
	function := trimSuffix(f.Function)
	if r := b.anyReason[function]; r != nil {
		v := r.answer(protoAny)
		v.Discard = b.discardOf(r, "", function)
		return v
	}
	proto := protoBit(f.Protocol)
	given := facts{proto: proto, trans: transBit(proto, f.Transport), flags: uint16(f.Flags)}
	subsystem := canonicalSubsystem(f.Subsystem)
	reason := canonical(subsystem, f.Reason)
	if reason == "" {
		subsystem, reason = core, notSpecified
		given.flags |= unreasoned
	}
	if set := b.byReason[reasonKey{subsystem, reason}]; set != nil {
		if r := set.find(function, given); r != nil && !r.saysNothing {
			v := r.answer(proto)
			v.Discard = b.discardOf(r, reason, function)
			return v
		}
	}
	var v Verdict
	if r := b.subsystems[subsystem]; r != nil {
		v = r.answer(proto)
	} else {
		v = unknown(reason, subsystem, function)
	}
	v.Discard = b.discardByName(subsystem, reason, function)
	return v
}

// find returns the rule that fits best, nil if none does.
func (s *reasonRules) find(function string, given facts) *rule {
	for _, r := range s.byFunction[function] {
		if r.when.matches(given) {
			return r
		}
	}
	for _, r := range s.general {
		if r.when.matches(given) {
			return r
		}
	}
	return nil
}

func (r *rule) answer(proto uint8) Verdict {
	v := r.verdict
	switch proto {
	case protoIPv4:
		v.Counters = r.ipv4
	case protoIPv6:
		v.Counters = r.ipv6
	}
	return v
}

// unknown is the verdict on what no rule knows.
func unknown(reason, subsystem, function string) Verdict {
	v := Verdict{Class: dropmon.Loss}
	where := "an unknown function"
	if function != "" {
		where = "function " + function
	}
	switch {
	case reason == notSpecified:
		v.Cause = "The kernel gave no reason for this drop in " + where + "."
		v.Advice = "Compare the counters that rose; the name of the function tells which part of the kernel it was."
	case subsystem != core:
		v.Cause = "Subsystem " + subsystem + " dropped it for reason " + reason + " in " + where + "; no more is known."
		v.Advice = "Look at the statistics of that subsystem."
	default:
		v.Cause = "The kernel names reason " + reason + " in " + where + "; it is newer than this knowledge base."
		v.Advice = "Compare the counters that rose; the names of reason and function tell which part of the kernel it was."
	}
	return v
}

// trimSuffix cuts what compilers append to the names of functions they split
// or specialise, such as .constprop.0, .isra.0, .part.0 and .cold.
func trimSuffix(function string) string {
	if i := strings.IndexByte(function, '.'); i > 0 {
		return function[:i]
	}
	return function
}
