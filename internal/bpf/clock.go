package bpf

import (
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// The drop program stamps groups with jiffies, which cost one load where the
// precise clock costs as much as the rest of the counting. A clock turns them
// into wall time.
type clock struct {
	tick    time.Duration // of one jiffy
	jiffies uint32        // at mono
	mono    int64         // ns
}

// A reading is one moment on the wall clock, the monotonic clock and in
// jiffies.
type reading struct {
	wall    time.Time
	mono    int64
	jiffies uint32
	tick    time.Duration
}

// newClock asks the kernel for its jiffies once; later moments follow from the
// monotonic clock, which advances them.
func newClock() (clock, error) {
	var resolution unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &resolution); err != nil {
		return clock{}, fmt.Errorf("read the length of a jiffy: %w", err)
	}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		// a program for packets would be run on a packet, whose end other
		// monitors would see as a drop
		Name: "jiffies", Type: ebpf.RawTracepoint, License: "Dual MIT/GPL",
		Instructions: asm.Instructions{asm.FnJiffies64.Call(), asm.Return()},
	})
	if err != nil {
		return clock{}, refused("load the eBPF clock program", err)
	}
	defer program.Close()
	jiffies, err := program.Run(&ebpf.RunOptions{})
	if err != nil {
		return clock{}, fmt.Errorf("ask the kernel for its jiffies: %w", err)
	}
	return clock{tick: time.Duration(resolution.Nano()), jiffies: jiffies, mono: monotonic()}, nil
}

func monotonic() int64 {
	var now unix.Timespec
	// cannot fail: the clock exists on every kernel
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

func (c clock) now() reading {
	mono := monotonic()
	return reading{
		wall: time.Now(), mono: mono, tick: c.tick,
		jiffies: c.jiffies + uint32((mono-c.mono)/int64(c.tick)),
	}
}

// ticks is a duration in jiffies, rounded up.
func (c clock) ticks(d time.Duration) uint32 {
	return uint32((d + c.tick - 1) / c.tick)
}

// at turns a stamp of the last weeks into a time; 32 bits of jiffies last 49
// days or more.
func (r reading) at(jiffies uint32) time.Time {
	age := r.jiffies - jiffies
	if age > 1<<31 { // the stamp is a tick ahead of the reckoning
		age = 0
	}
	return r.wall.Add(-time.Duration(age) * r.tick)
}

// when turns a time of the kernel's monotonic clock into wall time.
func (r reading) when(mono uint64) time.Time {
	return r.wall.Add(time.Duration(int64(mono) - r.mono))
}
