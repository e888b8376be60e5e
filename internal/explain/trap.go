package explain

import (
	"cmp"
	"errors"

	"dropwatch/dropmon"
)

// trapSubsystem is the subsystem under which devlink traps are kept next to the
// kernel's reasons.
const trapSubsystem = "trap"

// A trapData judges devlink traps of a group; without names all others of the
// group, without a group all others.
type trapData struct {
	Group    string   `json:",omitempty"`
	Names    []string `json:",omitempty"`
	Class    dropmon.Class
	Also     dropmon.Class `json:",omitempty"`
	Cause    string
	Advice   string
	Verified bool   `json:",omitempty"`
	SFlow    string `json:",omitempty"` // discard code; otherwise that of the trap's name, or of its group
}

func (t *trapData) label() string {
	d := ruleData{Reasons: t.Names}
	return cmp.Or(d.label(), t.Group, "of no group")
}

func (b *Base) addTrap(t *trapData) error {
	d := &ruleData{
		Subsystem: trapSubsystem, Reasons: t.Names, group: t.Group,
		Class: t.Class, Also: t.Also, Cause: t.Cause, Advice: t.Advice, Verified: t.Verified,
		SFlow: t.SFlow,
	}
	if len(t.Names) > 0 {
		if t.Group == "" {
			return errors.New("group is missing")
		}
		return b.addRule(d)
	}
	if b.trapGroups[t.Group] != nil {
		return errors.New("group has two entries without names")
	}
	if err := errors.Join(checkNames([]string{cmp.Or(t.Group, trapSubsystem)}), checkTexts(d)); err != nil {
		return err
	}
	r := &rule{data: d, when: condition{protos: protoAny, trans: transAny}}
	discard, err := b.discard(cmp.Or(t.SFlow, unknownDiscard))
	if err != nil {
		return err
	}
	r.setVerdict(Verdict{Class: t.Class, Cause: t.Cause, Advice: t.Advice, Discard: discard})
	b.trapGroups[t.Group] = r
	return nil
}

// classifyTrap judges what a device dropped.
func (b *Base) classifyTrap(name, group string) Verdict {
	var r *rule
	if set := b.byReason[reasonKey{trapSubsystem, name}]; set != nil {
		r = set.general[0]
	} else if r = b.trapGroups[group]; r == nil {
		r = b.trapGroups[""]
	}
	var v Verdict
	if r != nil {
		v = r.answer(protoAny)
	} else {
		v = unknown(name, trapSubsystem, "")
	}
	v.Discard = b.discardOfTrap(r, name)
	return v
}
