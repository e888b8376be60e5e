package symbols

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/cilium/ebpf/btf"
)

// LoadReasons reads the drop reasons of the running kernel. It takes some tens
// of milliseconds and keeps only the names.
//
// A kernel that gives no reasons yields no names, which is no error. A kernel
// without type information is one; it matches [os.ErrNotExist].
//
// Reads /sys/kernel/btf. Requires Linux 5.17 with CONFIG_DEBUG_INFO_BTF for
// names, and CONFIG_DEBUG_INFO_BTF_MODULES for those of modules.
func LoadReasons() (*Reasons, error) {
	return loadReasons(func() typeSource { return &kernelTypes{} })
}

func loadReasons(open func() typeSource) (*Reasons, error) {
	r, err := readReasons(open)
	if errors.Is(err, btf.ErrNotSupported) {
		return nil, fmt.Errorf("load drop reasons: no BTF of this kernel: %w (%w); use a kernel with CONFIG_DEBUG_INFO_BTF=y", os.ErrNotExist, err)
	}
	if err != nil {
		return nil, fmt.Errorf("load drop reasons: %w", err)
	}
	return r, nil
}

// NewReasons reads the drop reasons from given type information: that of the
// kernel, and that of modules by name, which may be nil. It keeps both, to look
// for the reasons of modules when they are asked for.
func NewReasons(kernel *btf.Spec, modules map[string]*btf.Spec) (*Reasons, error) {
	given := givenTypes{kernel: kernel, byName: maps.Clone(modules)}
	r, err := readReasons(func() typeSource { return given })
	if err != nil {
		return nil, fmt.Errorf("read drop reasons: %w", err)
	}
	return r, nil
}

func readReasons(open func() typeSource) (*Reasons, error) {
	spec, err := open().vmlinux()
	if err != nil {
		return nil, err
	}
	reasons, err := enumerators(spec, "skb_drop_reason")
	if err != nil {
		return nil, err
	}
	r := &Reasons{
		open:  open,
		names: make(map[uint32]string),
		qdisc: make(map[uint32]string),
		found: make(map[uint32]bool),
		tried: make(map[search]time.Time),
	}
	if len(reasons) > 0 {
		if err := r.readCore(spec, reasons); err != nil {
			return nil, err
		}
	}
	qdisc, err := enumerators(spec, "qdisc_drop_reason")
	if err != nil {
		return nil, err
	}
	for _, v := range qdisc {
		code := uint32(v.Value)
		if name, ok := reasonNames(qdisc, code>>16)[code]; ok {
			r.qdisc[code] = name
		}
	}
	return r, nil
}

// readCore takes the reasons of the core and of the subsystems that are built
// in.
func (r *Reasons) readCore(spec *btf.Spec, reasons []btf.EnumValue) error {
	subsystems, err := enumerators(spec, "skb_drop_reason_subsys")
	if err != nil {
		return err
	}
	r.subsystems = subsystemNames(subsystems)
	r.keep(core, reasonNames(reasons, core))
	for id, name := range r.subsystems {
		if id != core {
			r.keep(id, hintedNames(spec, id, name))
		}
	}
	return nil
}

func (r *Reasons) keep(id uint32, names map[uint32]string) {
	if len(names) == 0 {
		return
	}
	r.mu.Lock()
	maps.Copy(r.names, names)
	r.mu.Unlock()
	r.found[id] = true
}
