package symbols

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// Prefixes of enumerators that say no more than the enum does. The kernel
// leaves them out when it prints a reason. Other subsystems' names are printed
// in full, prefix included.
const (
	corePrefix      = "SKB_DROP_REASON_"
	specialPrefix   = "SKB_" // NOT_DROPPED_YET and CONSUMED, which are no drops
	subsystemPrefix = "SKB_DROP_REASON_SUBSYS_"
	qdiscPrefix     = "QDISC_DROP_"
)

// enumerators returns the values of the enum, nil if there is none of the name.
// The largest one counts if there are several.
func enumerators(spec *btf.Spec, name string) ([]btf.EnumValue, error) {
	types, err := spec.AnyTypesByName(name)
	if errors.Is(err, btf.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read enum %s: %w", name, err)
	}
	var values []btf.EnumValue
	for _, t := range types {
		if e, ok := t.(*btf.Enum); ok && len(e.Values) > len(values) {
			values = e.Values
		}
	}
	return values, nil
}

// subsystemNames returns the subsystems by number from the values of enum
// skb_drop_reason_subsys. Kernels before it have only the core reasons.
func subsystemNames(values []btf.EnumValue) map[uint32]string {
	names := map[uint32]string{core: "core"}
	for _, v := range values {
		name, ok := strings.CutPrefix(v.Name, subsystemPrefix)
		if ok && name != "NUM" && v.Value <= 0xffff {
			names[uint32(v.Value)] = strings.ToLower(name)
		}
	}
	return names
}

// reasonNames returns the reasons of subsystem id among the values of one enum,
// by code. Values may contain the number of the subsystem; if none of them has
// any, they are all taken as reasons of that subsystem.
func reasonNames(values []btf.EnumValue, id uint32) map[uint32]string {
	qualified := carriesSubsystem(values)
	codes := make(map[uint32]string)
	var last uint32
	for _, v := range values {
		code := uint32(v.Value)
		if !qualified {
			if code>>16 != 0 {
				continue
			}
			code |= id << 16
		}
		if code>>16 != id {
			continue
		}
		if name := shorten(v.Name); name != "" {
			codes[code] = name
			last = max(last, code)
		}
	}
	// The enum ends with the number of its values, which is no reason.
	if end := codes[last]; end == "MAX" || strings.HasSuffix(end, "_MAX") {
		delete(codes, last)
	}
	return codes
}

// carriesSubsystem reports whether any value has a subsystem in its upper bits.
// The mask of those bits is itself an enumerator of the core enum.
func carriesSubsystem(values []btf.EnumValue) bool {
	for _, v := range values {
		if high := uint32(v.Value) >> 16; high != 0 && high != 0xffff {
			return true
		}
	}
	return false
}

// shorten returns the name of an enumerator as the kernel prints it. It is
// empty for one that only marks where the reasons of a subsystem start.
func shorten(name string) string {
	name = strings.TrimLeft(name, "_")
	if strings.HasSuffix(name, "_DROP_REASON") {
		return ""
	}
	for _, prefix := range []string{corePrefix, specialPrefix, qdiscPrefix} {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			return short
		}
	}
	return name
}
