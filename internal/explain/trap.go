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
	Verified bool `json:",omitempty"`
}

func (t *trapData) label() string {
	d := ruleData{Reasons: t.Names}
	return cmp.Or(d.label(), t.Group, "of no group")
}

func (b *Base) addTrap(t *trapData) error {
	d := &ruleData{
		Subsystem: trapSubsystem, Reasons: t.Names, group: t.Group,
		Class: t.Class, Also: t.Also, Cause: t.Cause, Advice: t.Advice, Verified: t.Verified,
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
	r.setVerdict(Verdict{Class: t.Class, Cause: t.Cause, Advice: t.Advice})
	b.trapGroups[t.Group] = r
	return nil
}

// classifyTrap judges what a device dropped.
func (b *Base) classifyTrap(name, group string) Verdict {
	if set := b.byReason[reasonKey{trapSubsystem, name}]; set != nil {
		return set.general[0].answer(protoAny)
	}
	for _, group := range []string{group, ""} {
		if r := b.trapGroups[group]; r != nil {
			return r.answer(protoAny)
		}
	}
	return unknown(name, trapSubsystem, "")
}
