package explain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// notSpecified is the kernel's own name for a drop without a reason.
const notSpecified = "NOT_SPECIFIED"

// core is the subsystem of reasons that belong to no other.
const core = "core"

// A Base is a knowledge base. It never changes once it is made.
type Base struct {
	rules      []*rule
	byReason   map[reasonKey]*reasonRules
	anyReason  map[string]*rule // by function
	subsystems map[string]*rule
	trapGroups map[string]*rule // for traps without a rule of their own
	counters   []counterData
	pitfalls   []pitfallData
	lookup     lookup

	discardNames map[string]Discard // each in two spellings
}

type reasonKey struct{ subsystem, reason string }

// reasonRules are the rules of one reason, the most demanding one first.
type reasonRules struct {
	byFunction map[string][]*rule
	general    []*rule
}

// A rule is a rule in the form that is matched.
type rule struct {
	data    *ruleData
	when    condition
	verdict Verdict  // as it is for all protocols
	ipv4    []string // counters that a packet of that version can raise
	ipv6    []string

	discards map[string]Discard // of some of its reasons or functions
	possible []Discard          // that its drops can have

	// saysNothing marks the plain rule for NOT_SPECIFIED. It is there for
	// readers; a drop gets a verdict that names its function instead.
	saysNothing bool
}

// build makes a base and checks the data as a whole.
func build(f file) (*Base, error) {
	b := &Base{
		byReason:   make(map[reasonKey]*reasonRules, len(f.Rules)),
		anyReason:  make(map[string]*rule),
		subsystems: make(map[string]*rule),
		trapGroups: make(map[string]*rule),
		counters:   f.Counters,
		pitfalls:   f.Pitfalls,

		discardNames: discardNames(),
	}
	for i := range f.Rules {
		if err := b.addRule(&f.Rules[i]); err != nil {
			return nil, fmt.Errorf("check rule %s: %w", f.Rules[i].label(), err)
		}
	}
	for _, s := range f.Subsystems {
		if err := b.addSubsystem(s); err != nil {
			return nil, fmt.Errorf("check subsystem %q: %w", s.Name, err)
		}
	}
	for i := range f.Traps {
		if err := b.addTrap(&f.Traps[i]); err != nil {
			return nil, fmt.Errorf("check trap %s: %w", f.Traps[i].label(), err)
		}
	}
	b.sort()
	if err := b.resolveHints(); err != nil {
		return nil, err
	}
	if err := b.checkCounters(); err != nil {
		return nil, err
	}
	b.collectDiscards()
	b.lookup = b.makeLookup()
	return b, nil
}

// label names a rule in an error.
func (d *ruleData) label() string {
	words := append(append(slices.Clone(d.Reasons), d.Functions...), d.Flags...)
	if len(words) == 0 {
		words = d.Counters
	}
	return strings.Join(words, " ")
}

func (d *ruleData) hasEvent() bool { return d.Event == nil || *d.Event }

func (b *Base) addRule(d *ruleData) error {
	if d.Subsystem == "" {
		d.Subsystem = core
	}
	if err := checkRule(d); err != nil {
		return err
	}
	when, err := parseCondition(d)
	if err != nil {
		return err
	}
	r := &rule{data: d, when: when}
	r.setVerdict(Verdict{
		Class: d.Class, Cause: d.Cause, Advice: d.Advice, Counters: d.Counters,
		Fragments: d.Fragments, Reason: d.TreatAs, Known: true, Culprit: d.Culprit, Live: d.Live,
	})
	if err := b.setDiscards(r); err != nil {
		return err
	}
	b.rules = append(b.rules, r)
	switch {
	case !d.hasEvent(), d.ByCounter:
		return nil
	case d.AnyReason:
		return b.addAnyReason(r)
	}
	for _, reason := range d.Reasons {
		if err := b.addReason(r, reason); err != nil {
			return err
		}
	}
	return nil
}

func (b *Base) addAnyReason(r *rule) error {
	for _, f := range r.data.Functions {
		if b.anyReason[f] != nil {
			return fmt.Errorf("function %s has two rules for any reason", f)
		}
		b.anyReason[f] = r
	}
	return nil
}

func (b *Base) addReason(r *rule, reason string) error {
	key := reasonKey{r.data.Subsystem, canonical(r.data.Subsystem, reason)}
	set := b.byReason[key]
	if set == nil {
		set = &reasonRules{}
		b.byReason[key] = set
	}
	if len(r.data.Functions) == 0 {
		var err error
		r.saysNothing = reason == notSpecified && r.when.demands == 0
		set.general, err = insert(set.general, r)
		return err
	}
	if set.byFunction == nil {
		set.byFunction = make(map[string][]*rule)
	}
	for _, f := range r.data.Functions {
		list, err := insert(set.byFunction[f], r)
		if err != nil {
			return fmt.Errorf("function %s: %w", f, err)
		}
		set.byFunction[f] = list
	}
	return nil
}

// insert refuses a rule that would be as good as another for the same packet.
func insert(list []*rule, r *rule) ([]*rule, error) {
	for _, other := range list {
		if other.when.demands == r.when.demands && other.when.overlaps(&r.when) {
			return nil, fmt.Errorf("two rules fit the same packet (the other one is %s)", other.data.label())
		}
	}
	return append(list, r), nil
}

func (b *Base) sort() {
	demanding := func(x, y *rule) int { return y.when.demands - x.when.demands }
	for _, set := range b.byReason {
		slices.SortStableFunc(set.general, demanding)
		for _, list := range set.byFunction {
			slices.SortStableFunc(list, demanding)
		}
	}
}

func (b *Base) addSubsystem(s subsystemData) error {
	if s.Name == "" || b.subsystems[s.Name] != nil {
		return errors.New("name is missing or used twice")
	}
	d := &ruleData{
		Subsystem: s.Name, Class: s.Class, Cause: s.Cause, Advice: s.Advice, Counters: s.Counters,
	}
	if err := checkTexts(d); err != nil {
		return err
	}
	r := &rule{data: d, when: condition{protos: protoAny, trans: transAny}}
	discard, err := b.discard(cmp.Or(s.SFlow, unknownDiscard))
	if err != nil {
		return err
	}
	r.setVerdict(Verdict{Class: s.Class, Cause: s.Cause, Advice: s.Advice, Counters: s.Counters, Discard: discard})
	b.subsystems[s.Name] = r
	return nil
}

// setVerdict also sorts the counters by IP version, so that a verdict names
// only those that its packet can have raised.
func (r *rule) setVerdict(v Verdict) {
	r.verdict = v
	r.ipv4, r.ipv6 = nil, nil
	for _, name := range v.Counters {
		switch counterFamily(name) {
		case protoIPv4:
			r.ipv4 = append(r.ipv4, name)
		case protoIPv6:
			r.ipv6 = append(r.ipv6, name)
		default:
			r.ipv4 = append(r.ipv4, name)
			r.ipv6 = append(r.ipv6, name)
		}
	}
}

// resolveHints fills what a hint leaves empty from the plainest rule of the
// reason that it points to.
func (b *Base) resolveHints() error {
	for _, r := range b.rules {
		d := r.data
		if d.TreatAs == "" {
			continue
		}
		set := b.byReason[reasonKey{core, d.TreatAs}]
		if set == nil || len(set.general) == 0 {
			return fmt.Errorf("check rule %s: treat_as names %q, which has no rule", d.label(), d.TreatAs)
		}
		plainest := set.general[len(set.general)-1]
		target := plainest.verdict
		v := r.verdict
		v.Discard = cmp.Or(v.Discard, b.discardOf(plainest, d.TreatAs, ""))
		v.Class = cmp.Or(v.Class, target.Class)
		v.Cause = cmp.Or(v.Cause, target.Cause)
		v.Culprit = cmp.Or(v.Culprit, target.Culprit)
		if v.Advice == "" && len(v.Live) == 0 {
			v.Live = target.Live
		}
		v.Advice = cmp.Or(v.Advice, target.Advice)
		if len(v.Counters) == 0 {
			v.Counters = target.Counters
		}
		r.setVerdict(v)
	}
	return nil
}

// canonical strips what kernels and readers put in front of a reason's name.
func canonical(subsystem, reason string) string {
	reason = strings.TrimPrefix(reason, "SKB_DROP_REASON_")
	switch subsystem {
	case "openvswitch":
		reason = strings.TrimPrefix(reason, "OVS_DROP_")
	case "mac80211":
		reason = strings.TrimPrefix(strings.TrimLeft(reason, "_"), "RX_DROP_")
	case "qdisc":
		reason = strings.TrimPrefix(reason, "QDISC_DROP_")
	}
	return reason
}

// canonicalSubsystem folds mac80211_unusable and mac80211_monitor, which are
// one subsystem to readers.
func canonicalSubsystem(name string) string {
	if name == "" {
		return core
	}
	if strings.HasPrefix(name, "mac80211") {
		return "mac80211"
	}
	return name
}

// counterFamily tells to which IP version a counter belongs, 0 for none.
func counterFamily(name string) uint8 {
	group, _, dotted := strings.Cut(name, ".")
	if !dotted {
		return protoIPv6 // the kernel's snmp6 names have no dot
	}
	switch group {
	case "Ip", "IpExt", "Icmp", "Udp", "arp_cache", "rt_cache":
		return protoIPv4
	case "ndisc_cache":
		return protoIPv6
	}
	return 0
}
