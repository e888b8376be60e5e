package symbols

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Reason is a drop reason of the running kernel. Its code may mean something
// else on another kernel; only the name can be compared.
type Reason struct {
	Code      uint32 // subsystem in the upper 16 bits
	Subsystem string // "core", "openvswitch", ...
	Name      string // as the kernel prints it: "NO_SOCKET", "OVS_DROP_METER", ...
}

// Reasons holds the names of the drop reasons of a kernel. It is safe for
// concurrent use.
//
// Reasons of a subsystem that is a kernel module are read when the first such
// code is looked up, because the module may be loaded later than this program
// starts.
type Reasons struct {
	subsystems map[uint32]string // by number; empty if the kernel has no reasons
	qdisc      map[uint32]string // enum qdisc_drop_reason
	open       func() typeSource

	mu    sync.RWMutex
	names map[uint32]string // by code

	learning sync.Mutex // held while modules are searched; guards what follows
	found    map[uint32]bool
	tried    map[search]time.Time
}

const core = 0 // number of the subsystem of all reasons without one

// Name returns the subsystem and the name of a reason code. For an unknown
// code the name is empty and ok is false; the subsystem is still given if the
// kernel has one of that number.
//
// The first code of a subsystem that lives in a module can block for some
// hundred milliseconds while module type information is searched. An
// unsuccessful search is repeated after a minute at the earliest.
func (r *Reasons) Name(code uint32) (subsystem, name string, ok bool) {
	id := code >> 16
	subsystem, known := r.subsystems[id]
	if !known {
		return "", "", false
	}
	if name, ok = r.lookup(code); !ok && id != core {
		r.learn(deep, id)
		name, ok = r.lookup(code)
	}
	return subsystem, name, ok
}

// Text returns a reason code in a form to print: "NO_SOCKET",
// "openvswitch/OVS_DROP_METER", or "0x3000a" if it has no name. It blocks as
// [Reasons.Name] does.
func (r *Reasons) Text(code uint32) string {
	subsystem, name, ok := r.Name(code)
	switch {
	case !ok:
		return fmt.Sprintf("0x%x", code)
	case code>>16 == core:
		return name
	}
	return subsystem + "/" + name
}

// QdiscName returns the name of a value of enum qdisc_drop_reason, with or
// without the bits of the subsystem, as the tracepoint qdisc:qdisc_drop gives
// it: "OVERLIMIT". ok is false for an unknown value and on kernels without that
// tracepoint. It does not block.
func (r *Reasons) QdiscName(code uint32) (name string, ok bool) {
	if name, ok = r.qdisc[code]; ok {
		return name, true
	}
	id := code >> 16
	if id != core && r.subsystems[id] != "qdisc" {
		return "", false
	}
	for value, name := range r.qdisc {
		if value&0xffff == code&0xffff && (value>>16 == core || id == core) {
			return name, true
		}
	}
	return "", false
}

// Code returns the codes of all reasons of that name, in rising order. Case is
// ignored; the prefixes that the kernel's headers use and the form of
// [Reasons.Text] are understood. It looks in the module of each subsystem, but
// not in all modules, and may block for some tens of milliseconds.
func (r *Reasons) Code(name string) []uint32 {
	subsystem, full, qualified := strings.Cut(strings.ToUpper(name), "/")
	if !qualified {
		full = subsystem
	}
	short := shorten(full)
	var codes []uint32
	for _, reason := range r.All() {
		if qualified && !strings.EqualFold(reason.Subsystem, subsystem) {
			continue
		}
		if known := strings.ToUpper(reason.Name); known == full || known == short {
			codes = append(codes, reason.Code)
		}
	}
	return codes
}

// All lists the known reasons in rising order of their code. It blocks as
// [Reasons.Code] does.
func (r *Reasons) All() []Reason {
	r.learn(shallow, slices.Sorted(maps.Keys(r.subsystems))...)
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Reason, 0, len(r.names))
	for code, name := range r.names {
		all = append(all, Reason{Code: code, Subsystem: r.subsystems[code>>16], Name: name})
	}
	slices.SortFunc(all, func(a, b Reason) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

func (r *Reasons) lookup(code uint32) (string, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	name, ok := r.names[code]
	return name, ok
}
