package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A table is one table of iptables as the kernel gives it: entries one behind
// the other, each with its matches and its target. An entry with the target
// ERROR starts a chain of the user, whose last entry returns; the last ERROR
// ends the table. Chains of the kernel go from a hook's entry to its underflow,
// which is the policy.
type table struct {
	system  System
	name    string
	layout  layout
	info    *tableInfo
	entries []byte
	names   names

	chains map[int]string // of the user, by the offset of the first rule
}

// An entry is one rule.
type entry struct {
	offset, next int
	flags        byte
	counts       counts
	matches      []byte
	target       []byte // its name
	data         []byte // of the target
}

const errorTarget = "ERROR"

var errTable = errors.New("decode entries")

// at reads the entry at an offset.
func (t *table) at(offset int) (entry, error) {
	b := t.entries[offset:]
	if len(b) < t.layout.size {
		return entry{}, fmt.Errorf("%w: %d bytes at offset %d are too few", errTable, len(b), offset)
	}
	order := binary.NativeEndian
	target, next := int(order.Uint16(b[t.layout.target:])), int(order.Uint16(b[t.layout.next:]))
	if target < t.layout.size || next < target+extensionHeader || next > len(b) {
		return entry{}, fmt.Errorf("%w: bad target or length at offset %d", errTable, offset)
	}
	e := entry{
		offset: offset, next: offset + next, flags: b[t.layout.flags],
		counts:  counts{order.Uint64(b[t.layout.counters:]), order.Uint64(b[t.layout.counters+8:])},
		matches: b[t.layout.size:target],
		data:    b[target+extensionHeader : next],
	}
	e.target, _, _ = bytes.Cut(b[target+extensionName:target+extensionName+extensionLength], []byte{0})
	return e, nil
}

// each calls fn for all entries but the one that ends the table.
func (t *table) each(fn func(*entry) error) error {
	left := t.info.NumEntries
	var e entry
	for offset := 0; offset < len(t.entries); {
		var err error
		if e, err = t.at(offset); err != nil {
			return err
		}
		offset = e.next
		left--
		if offset == len(t.entries) && string(e.target) == errorTarget && left == 0 {
			return nil
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: no end, or not %d entries", errTable, t.info.NumEntries)
}

// rules appends the rules and policies of the table.
func (t *table) rules(rules []Rule) ([]Rule, error) {
	t.chains = map[int]string{}
	err := t.each(func(e *entry) error {
		if string(e.target) == errorTarget {
			t.chains[e.next] = t.names.intern(e.data)
		}
		return nil
	})
	if err != nil {
		return rules, err
	}
	chain := Rule{System: t.system, Family: "ip", Table: t.name}
	if t.system == IP6Tables {
		chain.Family = "ip6"
	}
	err = t.each(func(e *entry) error {
		t.enter(&chain, e)
		if !t.isRule(&chain, e) {
			return nil
		}
		rules = append(rules, chain)
		t.fill(&rules[len(rules)-1], e)
		if !rules[len(rules)-1].Policy {
			chain.Number++
		}
		return nil
	})
	return rules, err
}

// enter follows which chain the entries are of.
func (t *table) enter(chain *Rule, e *entry) {
	for hook, name := range t.hooks() {
		if t.info.ValidHooks&(1<<hook) != 0 && int64(t.info.HookEntry[hook]) == int64(e.offset) {
			chain.Chain, chain.Hook, chain.Number = name, hookName(unix.NFPROTO_IPV4, uint32(hook)), 0
		}
	}
	if name, ok := t.chains[e.offset]; ok {
		chain.Chain, chain.Hook, chain.Number = name, "", 0
	}
}

func (t *table) hooks() [5]string {
	return [5]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
}

// isRule tells whether the entry is a rule or a policy, not the head or the end
// of a chain of the user.
func (t *table) isRule(chain *Rule, e *entry) bool {
	return string(e.target) != errorTarget && (chain.Hook != "" || !t.endsChain(e.next))
}

// fill makes a rule, which knows its chain and the number of the rule before, of
// an entry.
func (t *table) fill(rule *Rule, e *entry) {
	rule.Packets, rule.Bytes, rule.Counted, rule.Exact = e.counts.packets, e.counts.bytes, true, true
	t.act(rule, e)
	rule.Comment = t.comment(e.matches)
	rule.Content = t.content(rule, e)
	rule.Number++
	for hook, offset := range t.info.Underflow {
		if t.info.ValidHooks&(1<<hook) != 0 && int64(offset) == int64(e.offset) {
			rule.Number, rule.Policy = 0, true
		}
	}
}

// content sums up what the entry says without what changes by itself: its
// counters, the kernel's notes, and the offset of a chain, which has a name.
func (t *table) content(rule *Rule, e *entry) uint64 {
	hash := digest(0, t.entries[e.offset:e.offset+t.layout.cache])
	hash = digest(hash, e.matches)
	hash = digest(hash, e.target)
	if len(e.target) > 0 {
		hash = digest(hash, e.data)
	}
	hash = digest(hash, rule.Verdict)
	return digest(hash, rule.Target)
}

// digest is FNV-1a, and the same in every process.
func digest[B []byte | Verdict | string](hash uint64, data B) uint64 {
	if hash == 0 {
		hash = 14695981039346656037
	}
	for i := range len(data) {
		hash = (hash ^ uint64(data[i])) * 1099511628211
	}
	return hash
}

// endsChain tells whether the next entry starts another chain or ends the table.
func (t *table) endsChain(next int) bool {
	e, err := t.at(next)
	return err != nil || string(e.target) == errorTarget
}

// act reads what the rule does. A target without a name is a verdict, or the
// offset of a chain.
func (t *table) act(rule *Rule, e *entry) {
	if len(e.target) > 0 {
		rule.Target = t.names.intern(e.target)
		rule.Verdict = targetVerdict(rule.Target)
		return
	}
	if len(e.data) < 4 {
		return
	}
	switch verdict := int32(binary.NativeEndian.Uint32(e.data)); {
	case verdict < 0:
		rule.Verdict = standardVerdict(verdict)
	case int64(verdict) == int64(e.next): // a rule without a target goes on
	default:
		rule.Verdict, rule.Target = Jump, t.chains[int(verdict)]
		if e.flags&t.layout.jumpOnly != 0 {
			rule.Verdict = Goto
		}
	}
}

func standardVerdict(verdict int32) Verdict {
	switch verdict {
	case -1:
		return Drop
	case -2:
		return Accept
	case -4:
		return Queue
	case -5:
		return Return
	}
	return None
}

// comment finds the text of a match of that name.
func (t *table) comment(matches []byte) string {
	for len(matches) >= extensionHeader {
		size := int(binary.NativeEndian.Uint16(matches))
		if size < extensionHeader || size > len(matches) {
			return ""
		}
		name, _, _ := bytes.Cut(matches[extensionName:extensionName+extensionLength], []byte{0})
		if string(name) == "comment" {
			return t.names.intern(matches[extensionHeader:size])
		}
		matches = matches[size:]
	}
	return ""
}
