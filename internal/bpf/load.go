package bpf

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// Drops is a loaded and attached drop program. Its methods may be called from
// one goroutine at a time, except Wake.
type Drops struct {
	config  Config
	variant string

	collection *ebpf.Collection
	program    *ebpf.Program
	clock      clock
	links      []link.Link
	counts     counts
	reader     *ringbuf.Reader
	record     ringbuf.Record
	now        reading // when we looked for events
	names      names
	read       uint64      // events
	slept      uint64      // how many they were when we last slept
	more       int         // bytes that are there for sure
	overdue    bool        // a deadline has passed and events were there
	rest       int         // bytes of them to read
	woken      atomic.Bool // Wake was called
	timer      *time.Timer
	alarm      chan struct{} // ends a sleep

	recursion uint64 // of programs that are gone
}

// Open loads the drop program and attaches it. From its return on, every drop
// is counted.
//
// Errors wrap os.ErrPermission or ErrNotSupported where that is the cause.
// Requires at least Linux 5.8 with BTF, CAP_BPF and CAP_PERFMON.
func Open(config Config) (*Drops, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if err := permitted(); err != nil {
		return nil, err
	}
	cache := btf.NewCache()
	types, err := kernelTypes(cache)
	if err != nil {
		return nil, err
	}

	known, refusals := arguments(types), findRefusals(types)
	var failures []error
	for _, v := range variants(known) {
		d, err := open(config, v, cache, refusals)
		if err == nil {
			return d, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", v.name(), err))
		if errors.Is(err, os.ErrPermission) && v.raw {
			break
		}
	}
	return nil, failures[0]
}

func (c *Config) check() error {
	for _, list := range []struct {
		name string
		n    int
	}{{"namespaces", len(c.NetNS)}, {"interfaces", len(c.Interfaces)}, {"reasons", len(c.Reasons)}} {
		if list.n > FilterMax {
			return fmt.Errorf("filter on %d %s: the kernel program compares at most %d", list.n, list.name, FilterMax)
		}
	}
	if c.Snap > MaxSnap {
		return fmt.Errorf("packet length %d: the largest is %d", c.Snap, MaxSnap)
	}
	if len(c.PacketFilter) > 0 {
		return CheckFilter(c.PacketFilter)
	}
	return nil
}

// A variant is one of the programs that fit different kernels.
type variant struct {
	raw  bool // raw tracepoint, without BTF arguments
	args int
}

func (v variant) name() string {
	if v.raw {
		return fmt.Sprintf("raw_tp/kfree_skb with %d arguments", v.args)
	}
	return fmt.Sprintf("tp_btf/kfree_skb with %d arguments", v.args)
}

func (v variant) program() string { return fmt.Sprintf("kfree_skb_%d", v.args) }

// variants lists the programs to try, best first. A raw tracepoint that asks
// for more arguments than there are fails to attach, so where the kernel does
// not tell the number it is found by trying.
func variants(known int) []variant {
	if known == 0 {
		return []variant{{true, 4}, {true, 3}, {true, 2}}
	}
	return []variant{{false, known}, {true, known}}
}

func open(config Config, v variant, cache *btf.Cache, refusals refusals) (_ *Drops, err error) {
	// Kernels before 5.11 charge maps against this limit. Where it cannot be
	// raised, the load itself reports what is wrong.
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unlimited)
	load := loadBpf
	if v.raw {
		load = loadRaw
	}
	spec, err := load()
	if err != nil {
		return nil, fmt.Errorf("read program: %w", err)
	}
	for name := range spec.Programs {
		if name != v.program() && !(name == "qdisc_drop" && refusals.found) {
			delete(spec.Programs, name)
		}
	}
	clock, err := newClock()
	if err != nil {
		return nil, err
	}
	settings, err := config.settings(clock)
	if err != nil {
		return nil, err
	}
	refusals.apply(&settings, spec)
	if err := putFilter(spec, v.program(), config.PacketFilter, &settings); err != nil {
		return nil, err
	}
	if err := spec.Variables["settings"].Set(settings); err != nil {
		return nil, fmt.Errorf("set program constants: %w", err)
	}
	if err := config.sizes(spec); err != nil {
		return nil, err
	}

	d := &Drops{config: config, variant: v.name(), clock: clock, names: make(names), timer: time.NewTimer(0), alarm: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	d.collection, err = ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Cache: cache})
	if err != nil {
		if len(config.PacketFilter) > 0 {
			err = tooComplex(err)
		}
		return nil, refused("load the eBPF drop program", err)
	}
	d.program = d.collection.Programs[v.program()]
	if d.counts, err = newCounts(d.collection); err != nil {
		return nil, err
	}
	if d.reader, err = ringbuf.NewReader(d.collection.Maps["events"]); err != nil {
		return nil, fmt.Errorf("open event buffer: %w", err)
	}
	if refusals.found {
		// before the drops that it explains
		if err := d.attach("qdisc_drop", d.collection.Programs["qdisc_drop"], v); err != nil {
			return nil, err
		}
	}
	if err := d.attach("kfree_skb", d.program, v); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Drops) attach(tracepoint string, program *ebpf.Program, v variant) error {
	var l link.Link
	var err error
	if v.raw {
		l, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: tracepoint, Program: program})
	} else {
		l, err = link.AttachTracing(link.TracingOptions{Program: program})
	}
	if err != nil {
		return refused("attach to tracepoint "+tracepoint, err)
	}
	d.links = append(d.links, l)
	return nil
}

// Modes of the program, as in headers/record.h.
const (
	modePackets = 1 << iota
	modeDetail
	modeFilter
	modeRefine
	modeFrames
)

// settings are the constants of the program; the verifier removes what they
// switch off.
func (c *Config) settings(clock clock) (bpfDropSettings, error) {
	s := bpfDropSettings{
		Detail:         c.Detail,
		SampleInterval: clock.ticks(c.SampleInterval),
		Snap:           c.snap(),
		RateLimit:      c.RateLimit,
		NoReason:       NoReason,
		NetnsCount:     uint32(len(c.NetNS)),
		InterfaceCount: uint32(len(c.Interfaces)),
		ReasonCount:    uint32(len(c.Reasons)),
	}
	if s.NetnsCount+s.InterfaceCount+s.ReasonCount > 0 {
		s.Modes |= modeFilter
	}
	copy(s.Netns[:], c.NetNS)
	copy(s.Reason[:], c.Reasons)
	if c.Packets {
		s.Modes |= modePackets
	}
	if c.Detail != 0 {
		s.Modes |= modeDetail
	}
	for i, name := range c.Interfaces {
		if len(name) == 0 || len(name) >= unix.IFNAMSIZ {
			return s, fmt.Errorf("interface name %q: 1 to %d bytes are possible", name, unix.IFNAMSIZ-1)
		}
		var padded [unix.IFNAMSIZ]byte
		copy(padded[:], name)
		s.Interface[i] = words(padded)
	}
	return s, nil
}

func (c *Config) snap() uint32 {
	if c.Snap == 0 {
		return 128
	}
	return c.Snap
}

// sizes fits the maps to this machine and to the settings.
func (c *Config) sizes(spec *ebpf.CollectionSpec) error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("count CPUs: %w", err)
	}
	spec.Maps["slots"].MaxEntries = uint32(cpus)
	spec.Maps["misses"].MaxEntries = uint32(cpus)
	if c.Entries > 0 {
		spec.Maps["details"].MaxEntries = c.Entries
	}
	spec.Maps["events"].MaxEntries = c.eventBytes()
	return nil
}

// eventBytes is the size of the ring buffer, a power of two of whole pages.
func (c *Config) eventBytes() uint32 {
	const least, most = 1 << 18, 1 << 28
	if !c.Packets {
		return least
	}
	queue := uint64(c.Queue)
	if queue == 0 {
		queue = 40000
	}
	size := queue * uint64(eventHeader+max(c.snap(), smallPacket)+recordHeader)
	size = min(max(size, least), most)
	return 1 << bits.Len64(size-1)
}

// Variant names the program that fits this kernel.
func (d *Drops) Variant() string { return d.variant }

// Detach ends the counting. What was counted and sent before can still be
// read.
func (d *Drops) Detach() error {
	var failures []error
	if stats, err := d.program.Stats(); err == nil {
		d.recursion = stats.RecursionMisses
	}
	for _, l := range d.links {
		failures = append(failures, l.Close())
	}
	d.links = nil
	return errors.Join(failures...)
}

// Close detaches and frees everything. It may be called twice.
func (d *Drops) Close() error {
	for _, l := range d.links {
		l.Close()
	}
	d.links = nil
	if d.reader != nil {
		d.reader.Close()
	}
	if d.collection != nil {
		d.collection.Close()
		d.collection = nil
	}
	// The library unmaps the tables when nobody can reach them any more.
	d.counts.slots, d.counts.misses = nil, nil
	return nil
}

func (d *Drops) attached() bool { return len(d.links) > 0 }
