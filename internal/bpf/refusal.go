package bpf

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// refusals tells how to read the tracepoint qdisc:qdisc_drop, which gives the
// reason of a queueing discipline where kfree_skb gives only QDISC_DROP.
type refusals struct {
	found          bool
	buffer, reason uint32 // which arguments
	subsystem      uint32 // reason bits of the qdisc subsystem
}

// findRefusals looks the tracepoint up in the kernel's types. Its arguments
// are known by their types, because the order is not promised.
func findRefusals(spec *btf.Spec) refusals {
	var r refusals
	proto := tracepoint(spec, "btf_trace_qdisc_drop")
	if proto == nil {
		return r
	}
	var buffer, reason bool
	for i, parameter := range proto.Params[1:] {
		switch t := btf.UnderlyingType(parameter.Type).(type) {
		case *btf.Pointer:
			if s, ok := btf.UnderlyingType(t.Target).(*btf.Struct); ok && s.Name == "sk_buff" {
				r.buffer, buffer = uint32(i), true
			}
		case *btf.Enum:
			r.reason, reason = uint32(i), true
		}
	}
	subsystem, named := enumValue(spec, "skb_drop_reason_subsys", "SKB_DROP_REASON_SUBSYS_QDISC")
	r.subsystem = subsystem << 16
	r.found = buffer && reason && named && r.buffer < 6 && r.reason < 6
	return r
}

func (r refusals) apply(s *bpfDropSettings, spec *ebpf.CollectionSpec) {
	if !r.found {
		return
	}
	s.Modes |= modeRefine
	s.QdiscSubsystem = r.subsystem
	s.QdiscBuffer, s.QdiscReason = r.buffer, r.reason
	spec.Maps["refusals"].MaxEntries = 8192
}

// tracepoint returns the type of a tracepoint's handlers; their first
// parameter is private to the kernel.
func tracepoint(spec *btf.Spec, name string) *btf.FuncProto {
	var trace *btf.Typedef
	if err := spec.TypeByName(name, &trace); err != nil {
		return nil
	}
	pointer, ok := trace.Type.(*btf.Pointer)
	if !ok {
		return nil
	}
	proto, ok := pointer.Target.(*btf.FuncProto)
	if !ok || len(proto.Params) == 0 {
		return nil
	}
	return proto
}

func enumValue(spec *btf.Spec, enum, name string) (uint32, bool) {
	var e *btf.Enum
	if err := spec.TypeByName(enum, &e); err != nil {
		return 0, false
	}
	for _, v := range e.Values {
		if v.Name == name {
			return uint32(v.Value), true
		}
	}
	return 0, false
}
