package explain

import (
	"slices"
	"strings"

	"dropwatch/dropmon"
)

// Kinds of entries.
const (
	KindReason  = "reason"  // a drop with a reason of the kernel
	KindHint    = "hint"    // a drop without a reason, judged by its function
	KindNoEvent = "silent"  // a drop that only counters show
	KindCounter = "counter" // a counter and what raises it
	KindPitfall = "pitfall" // what goes wrong when events are compared with counters
	KindTrap    = "trap"    // a drop in a device, by its devlink trap
)

// An Entry is one piece of the knowledge base as people read it. Fields that do
// not apply are empty. Its slices belong to the base and must not be changed.
type Entry struct {
	Kind      string        `json:"kind"`
	Names     []string      `json:"names"` // reasons, functions, counters, traps or a topic
	Subsystem string        `json:"subsystem,omitempty"`
	Group     string        `json:"group,omitempty"` // of devlink traps
	When      []string      `json:"when,omitempty"`  // what else must hold
	Class     dropmon.Class `json:"class,omitempty"`
	Also      dropmon.Class `json:"also,omitempty"` // a second reading of the same drop
	TreatAs   string        `json:"treat_as,omitempty"`
	Functions []string      `json:"functions,omitempty"` // the only ones that it holds for
	SeenIn    []string      `json:"seen_in,omitempty"`   // where it usually happens
	Counters  []string      `json:"counters,omitempty"`  // that rise with it
	Reasons   []string      `json:"reasons,omitempty"`   // of a counter: drops that raise it
	Parts     []string      `json:"parts,omitempty"`     // of a counter: what it is the sum of
	Cause     string        `json:"cause,omitempty"`     // of a counter: its meaning
	Advice    string        `json:"advice,omitempty"`
	Unmatched string        `json:"unmatched,omitempty"` // of a counter: cause when no event explains a rise
	Pitfalls  []string      `json:"pitfalls,omitempty"`
	Discards  []Discard     `json:"discards,omitempty"` // sFlow's codes that it can have
	Fragments bool          `json:"fragments,omitempty"`
	Verified  bool          `json:"verified,omitempty"` // seen on a running kernel
}

func (r *rule) entry() Entry {
	d, v := r.data, r.verdict
	e := Entry{
		Kind: KindReason, Names: d.Reasons, Subsystem: d.Subsystem, When: d.conditions(),
		Class: v.Class, Also: d.Also, TreatAs: d.TreatAs,
		Functions: d.Functions, SeenIn: d.SeenIn,
		Counters: v.Counters, Cause: v.Cause, Advice: v.Advice,
		Discards: r.possible, Fragments: d.Fragments, Verified: d.Verified,
	}
	if e.Subsystem == core {
		e.Subsystem = ""
	}
	switch {
	case d.Subsystem == trapSubsystem:
		e.Kind, e.Subsystem, e.Group = KindTrap, "", d.group
	case !d.hasEvent():
		e.Kind, e.Names, e.Counters = KindNoEvent, v.Counters, nil
	case d.isHint():
		e.Kind, e.Names, e.Functions = KindHint, d.Functions, nil
	}
	return e
}

// isHint tells whether readers look for a rule by function and not by reason.
func (d *ruleData) isHint() bool {
	return len(d.Functions) > 0 &&
		(d.AnyReason || slices.Equal(d.Reasons, []string{notSpecified}))
}

// conditions says in words what a rule demands.
func (d *ruleData) conditions() []string {
	var words []string
	if d.isHint() && !d.AnyReason && !slices.ContainsFunc(d.Flags, aboutReason) {
		words = append(words, "no reason is given")
	}
	if len(d.Protocols) > 0 {
		words = append(words, spell(d.Protocols))
	}
	if len(d.Transports) > 0 {
		words = append(words, spell(d.Transports))
	}
	for _, f := range d.Flags {
		name, negated := strings.CutPrefix(f, "!")
		words = append(words, flagWords(name, negated))
	}
	if d.AnyReason {
		words = append(words, "whatever the reason")
	}
	if d.ByCounter {
		words = append(words, "told by the counters only")
	}
	return words
}

func aboutReason(flag string) bool { return strings.HasSuffix(flag, "unreasoned") }

// spell writes protocols and transports as people do.
func spell(names []string) string {
	return strings.NewReplacer("none", "no network packet", "ipv", "IPv", "arp", "ARP",
		"icmp", "ICMP", "tcp", "TCP", "udp", "UDP").Replace(strings.Join(names, " or "))
}

func flagWords(name string, negated bool) string {
	positive, negative := name, "not "+name
	switch name {
	case "reset":
		positive, negative = "the segment is a reset (RST)", "the segment is no reset"
	case "time_wait":
		positive, negative = "the socket is in TIME_WAIT", "the socket is not in TIME_WAIT"
	case "link_down":
		positive, negative = "the link is down", "the link is up"
	case "broadcast":
		positive, negative = "link-layer broadcast", "no link-layer broadcast"
	case "multicast":
		positive, negative = "link-layer multicast", "no link-layer multicast"
	case "our_mac":
		positive, negative = "the MAC address is ours", "the MAC address is not ours"
	case "unreasoned":
		positive, negative = "the source gives no reasons", "the kernel says "+notSpecified
	}
	if negated {
		return negative
	}
	return positive
}

func (c *counterData) entry() Entry {
	e := Entry{
		Kind: KindCounter, Names: c.Names, Reasons: c.Reasons, Cause: c.Meaning,
		Unmatched: c.Unmatched, Pitfalls: c.Pitfalls, Parts: c.Sum,
	}
	if c.Rest != "" {
		e.Parts = append(slices.Clip(c.Sum), c.Rest)
	}
	return e
}

func (p pitfallData) entry() Entry {
	return Entry{Kind: KindPitfall, Names: []string{p.Topic}, Cause: p.Text}
}

// Silent returns the drops that give no event and that only counters show.
func (b *Base) Silent() []Entry {
	var entries []Entry
	for _, r := range b.rules {
		if !r.data.hasEvent() {
			entries = append(entries, r.entry())
		}
	}
	return entries
}
