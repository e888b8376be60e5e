package explain

import (
	"slices"
	"strings"
)

// A lookup finds entries by what people type. It is made with the base, which
// costs less than the data's parsing.
type lookup struct {
	reasons   map[string][]*rule
	functions map[string][]*rule
	groups    map[string][]*rule // of devlink traps
	counters  map[string][]int   // of Base.counters
	byCounter map[string][]*rule // rules that name a counter
	names     []string           // as they are written, sorted
}

func (b *Base) makeLookup() lookup {
	l := lookup{
		reasons:   make(map[string][]*rule, len(b.rules)),
		functions: make(map[string][]*rule, len(b.rules)),
		groups:    make(map[string][]*rule),
		counters:  make(map[string][]int, len(b.counters)),
		byCounter: make(map[string][]*rule, len(b.counters)),
	}
	for _, r := range b.rules {
		l.addRule(r)
	}
	for i, c := range b.counters {
		for _, name := range c.Names {
			for _, key := range counterKeys(name) {
				l.counters[key] = append(l.counters[key], i)
			}
			l.names = append(l.names, name)
		}
	}
	for _, p := range b.pitfalls {
		l.names = append(l.names, p.Topic)
	}
	slices.Sort(l.names)
	l.names = slices.Compact(l.names)
	return l
}

func (l *lookup) addRule(r *rule) {
	d := r.data
	if !d.isHint() {
		for _, name := range d.Reasons {
			key := foldReason(canonical(d.Subsystem, name))
			l.reasons[key] = append(l.reasons[key], r)
		}
	}
	l.names = append(l.names, d.Reasons...)
	for _, list := range [][]string{d.Functions, d.SeenIn} {
		for _, name := range list {
			key := strings.ToLower(name)
			l.functions[key] = append(l.functions[key], r)
		}
		l.names = append(l.names, list...)
	}
	if d.group != "" {
		l.groups[d.group] = append(l.groups[d.group], r)
		l.names = append(l.names, d.group)
	}
	for _, name := range r.verdict.Counters {
		for _, key := range counterKeys(name) {
			l.byCounter[key] = append(l.byCounter[key], r)
		}
	}
	l.names = append(l.names, d.Counters...)
}

// Lookup returns what is known about a reason, a function, a counter, a devlink
// trap or a group of traps, or about the topic of a pitfall ("pitfalls" for all
// of them). It ignores case
// and the prefix SKB_DROP_REASON_, and knows Udp.InErrors also as UdpInErrors,
// as "Udp: InErrors" and as InErrors. It returns nil when nothing is known.
func (b *Base) Lookup(term string) []Entry {
	term = strings.TrimSpace(term)
	if term == "" {
		return nil
	}
	rules := slices.Clone(b.lookup.reasons[foldReason(term)])
	rules = append(rules, b.lookup.functions[foldFunction(term)]...)
	rules = append(rules, b.lookup.groups[strings.ToLower(term)]...)
	entries := b.lookupCounter(foldCounter(term), &rules)
	seen := make(map[*rule]bool, len(rules))
	for _, r := range rules {
		if !seen[r] {
			seen[r] = true
			entries = append(entries, r.entry())
		}
	}
	for _, p := range b.pitfalls {
		if strings.EqualFold(term, p.Topic) || strings.EqualFold(term, "pitfalls") {
			entries = append(entries, p.entry())
		}
	}
	return entries
}

// lookupCounter returns the entries of a counter and adds the rules that name
// it. The last part of a name is enough only when no full name fits.
func (b *Base) lookupCounter(key string, rules *[]*rule) []Entry {
	var entries []Entry
	for _, key := range []string{key, "." + key} {
		for _, i := range b.lookup.counters[key] {
			entries = append(entries, b.counters[i].entry())
		}
		*rules = append(*rules, b.lookup.byCounter[key]...)
		if len(entries) > 0 || len(b.lookup.byCounter[key]) > 0 {
			break
		}
	}
	return entries
}

// Names returns every reason, function, counter, trap, group of traps and topic that Lookup knows,
// sorted, as they are written. The caller must not change it.
func (b *Base) Names() []string { return b.lookup.names }

// counterKeys returns the folded full name and, marked by a dot, the last part.
func counterKeys(name string) []string {
	keys := []string{foldCounter(name)}
	if _, last, ok := strings.Cut(name, "."); ok {
		keys = append(keys, "."+foldCounter(last))
	}
	return keys
}

// foldCounter drops case and what the several notations put between group and
// name.
func foldCounter(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == ':' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// foldReason drops case and the prefixes that the kernel's own lists use.
func foldReason(name string) string {
	name = strings.TrimPrefix(strings.ToUpper(name), "SKB_DROP_REASON_")
	name = strings.TrimPrefix(strings.TrimLeft(name, "_"), "RX_DROP_")
	return strings.TrimPrefix(strings.TrimPrefix(name, "OVS_DROP_"), "QDISC_DROP_")
}

// foldFunction also takes symbol+0x12/0x34 and symbol().
func foldFunction(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), "+")
	return trimSuffix(strings.TrimSuffix(name, "()"))
}
