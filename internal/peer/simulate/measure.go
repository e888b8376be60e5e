package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/simulate/network"
)

// Memory is what the process takes, in bytes.
type memory struct{ heap, rss int64 }

// idleMemory gives back what is not used first.
func idleMemory() (memory, error) {
	debug.FreeOSMemory()
	return nowMemory()
}

func nowMemory() (memory, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return memory{}, fmt.Errorf("measure memory: %w", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return memory{}, fmt.Errorf("measure memory: %w", err)
	}
	rss := resident * int64(os.Getpagesize())
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memory{heap: int64(m.HeapAlloc), rss: rss}, nil
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	// fails for no process but its own
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A moment is what had been counted at a time.
type moment struct {
	at        time.Time
	cpu       time.Duration
	ordinary  network.Counts // of all ordinary hosts
	collector network.Counts // of all collectors
	taken     uint64         // packets, by all collectors
	refused   uint64
}

func (f *fleet) now() moment {
	m := moment{at: time.Now(), cpu: cpuTime()}
	for _, h := range f.hosts {
		to := &m.ordinary
		if h.collector != nil {
			to = &m.collector
			m.taken += h.collector.packets()
			m.refused += h.collector.refused()
		}
		c := h.end.Counts()
		add(&to.Sent, c.Sent)
		add(&to.Received, c.Received)
		to.Overflows += c.Overflows
		to.Lost += c.Lost
	}
	return m
}

func add(to *network.Traffic, t network.Traffic) {
	to.Packets += t.Packets
	to.Bytes += t.Bytes
	to.Streams += t.Streams
	to.StreamBytes += t.StreamBytes
}

// ordinary is how many hosts are no collectors.
func (f *fleet) ordinary() float64 { return float64(len(f.hosts) - collectors) }

// cores is how many processors were busy between two moments.
func cores(from, to moment) float64 {
	return (to.cpu - from.cpu).Seconds() / to.at.Sub(from.at).Seconds()
}

const (
	// quietRate is datagrams per second and member at which nothing is passed on
	// any more: a probe, an answer to one, and hardly more.
	quietRate = 2.1
	quietFor  = 2 * time.Second
)

// quiet waits until members have nothing to pass on any more.
func (f *fleet) quiet(ctx context.Context, limit time.Duration) wait {
	begun := time.Now()
	for last := f.now(); ; {
		if pause(ctx, quietFor) != nil {
			return wait{Duration: time.Since(begun)}
		}
		now := f.now()
		sent := now.ordinary.Sent.Packets + now.collector.Sent.Packets - last.ordinary.Sent.Packets - last.collector.Sent.Packets
		if float64(sent)/now.at.Sub(last.at).Seconds()/float64(len(f.hosts)) < quietRate {
			return wait{time.Since(begun) - quietFor, true}
		}
		if last = now; time.Since(begun) > limit {
			return wait{Duration: time.Since(begun)}
		}
	}
}

// settle waits until collectors have looked at all that came.
func (f *fleet) settle(ctx context.Context) {
	for last := f.now(); pause(ctx, lookEvery) == nil; {
		now := f.now()
		if now.taken+now.refused == last.taken+last.refused {
			return
		}
		last = now
	}
}

// Lateness is how late timers were at worst: a machine that is too busy makes
// members fail that are well.
type lateness struct{ worst atomic.Int64 }

const tick = 20 * time.Millisecond

func (l *lateness) watch(ctx context.Context) {
	for {
		due := time.Now().Add(tick)
		if pause(ctx, tick) != nil {
			return
		}
		if late := int64(time.Since(due)); late > l.worst.Load() {
			l.worst.Store(late)
		}
	}
}
