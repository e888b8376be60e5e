package symbols

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf/btf"
)

// reasonSuffix ends the name of every enum of drop reasons.
const reasonSuffix = "_drop_reason"

// How far a search for the reasons of a subsystem goes.
const (
	shallow depth = iota // the modules that the subsystem's name suggests
	deep                 // these, all other modules, and every type of the kernel
)

type depth int

type search struct {
	id    uint32
	depth depth
}

// retry is the least time between two searches for one subsystem. The module
// can be loaded at any time.
const retry = time.Minute

// learn searches the modules for the reasons of the subsystems that are not
// known yet.
func (r *Reasons) learn(d depth, ids ...uint32) {
	r.learning.Lock()
	defer r.learning.Unlock()
	var types typeSource
	for _, id := range ids {
		if r.found[id] || id == core {
			continue
		}
		key := search{id, d}
		if last, ok := r.tried[key]; ok && time.Since(last) < retry {
			continue
		}
		if types == nil {
			types = r.open()
		}
		r.keep(id, hunt(types, d, id, r.subsystems[id]))
		r.tried[key] = time.Now()
	}
}

// hunt returns the reasons of a subsystem from the first place that has any. A
// module whose types cannot be read has none: its codes stay without a name.
func hunt(types typeSource, d depth, id uint32, subsystem string) map[uint32]string {
	stems := stems(subsystem)
	var others []string
	for _, module := range types.modules() {
		if !slices.Contains(stems, module) {
			others = append(others, module)
			continue
		}
		if names := moduleNames(types, module, id, subsystem); len(names) > 0 {
			return names
		}
	}
	if d == shallow {
		return nil
	}
	for _, module := range others {
		if names := moduleNames(types, module, id, subsystem); len(names) > 0 {
			return names
		}
	}
	spec, err := types.vmlinux()
	if err != nil {
		return nil
	}
	return scannedNames(spec, id, subsystem)
}

func moduleNames(types typeSource, module string, id uint32, subsystem string) map[uint32]string {
	spec, err := types.module(module)
	if err != nil {
		return nil
	}
	return scannedNames(spec, id, subsystem)
}

// hintedNames looks up the enum whose name follows from that of the subsystem.
// It is quick also for the types of a whole kernel. The library finds no name
// that starts with underscores this way.
func hintedNames(spec *btf.Spec, id uint32, subsystem string) map[uint32]string {
	names := make(map[uint32]string)
	for _, stem := range stems(subsystem) {
		if values, err := enumerators(spec, stem+reasonSuffix); err == nil {
			maps.Copy(names, reasonNames(values, id))
		}
	}
	return names
}

// scannedNames reads all enums of drop reasons that either have the name that
// hintedNames wants or have values that carry the number of the subsystem. Only
// the name tells an enum of reasons from one of flags.
func scannedNames(spec *btf.Spec, id uint32, subsystem string) map[uint32]string {
	public, internal := make(map[uint32]string), make(map[uint32]string)
	for t, err := range spec.All() {
		if err != nil {
			break
		}
		e, ok := t.(*btf.Enum)
		if !ok || !strings.Contains(e.Name, reasonSuffix) || e.Name == "skb"+reasonSuffix {
			continue
		}
		name := strings.TrimLeft(e.Name, "_")
		if !carriesSubsystem(e.Values) && !slices.Contains(stems(subsystem), strings.TrimSuffix(name, reasonSuffix)) {
			continue
		}
		// mac80211 has a second enum for its own type checks. It has one reason
		// more; otherwise the public names win.
		into := public
		if name != e.Name {
			into = internal
		}
		maps.Copy(into, reasonNames(e.Values, id))
	}
	maps.Copy(internal, public)
	return internal
}

// stems returns what the names of a subsystem's enum and module start with:
// mac80211 for mac80211_unusable. Open vSwitch has a short form.
func stems(subsystem string) []string {
	list := []string{subsystem}
	if first, _, ok := strings.Cut(subsystem, "_"); ok {
		list = append(list, first)
	}
	if subsystem == "openvswitch" {
		list = append(list, "ovs")
	}
	return list
}
