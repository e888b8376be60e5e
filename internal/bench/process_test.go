package main

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The clock of a process read from outside is that which it reads itself.
func TestCPUTime(t *testing.T) {
	own := func() time.Duration {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now); err != nil {
			t.Fatal(err)
		}
		return time.Duration(now.Nano())
	}
	before := own()
	got, err := cpuTime(os.Getpid())
	if after := own(); err != nil || got < before || got > after {
		t.Errorf("got %v, %v; want from %v to %v", got, err, before, after)
	}
	if _, err := cpuTime(1 << 23); err == nil {
		t.Error("a process above the largest number there can be has a CPU time")
	}
}

func TestParseResident(t *testing.T) {
	const text = "Name:\tdropwatch\nVmHWM:\t   45000 kB\nVmRSS:\t   40000 kB\nRssAnon:\t   25000 kB\nRssFile:\t   15000 kB\nRssShmem:\t       0 kB\n"
	got, err := parseResident(text)
	if want := (resident{now: 40.96, peak: 46.08, anonymous: 25.6, file: 15.36}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := parseResident("Name:\tkthreadd\n"); err == nil {
		t.Error("a process without memory has some")
	}
	if _, err := memoryOf(os.Getpid()); err != nil {
		t.Error(err)
	}
}

func TestBusyShare(t *testing.T) {
	read := func(text string) machineTime {
		t.Helper()
		m, err := parseMachineTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	from := read("cpu  100 10 50 1000 40 3 4 2 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
	if want := (machineTime{busy: 169, idle: 1040}); from != want {
		t.Errorf("got %+v, want %+v", from, want)
	}
	if got := busyShare(from, read("cpu  120 10 50 1070 50 3 4 2 0 0\n")); got != 20 {
		t.Errorf("busy for %v %% of the time, want 20", got)
	}
	if got := busyShare(from, from); got != 0 {
		t.Errorf("busy for %v %% of no time", got)
	}
	for _, text := range []string{"", "intr 1 2 3 4 5 6 7 8 9\n", "cpu 1 2 3\n", "cpu 1 2 x 4 5 6 7 8\n"} {
		if m, err := parseMachineTime(text); err == nil {
			t.Errorf("%q gave %+v", text, m)
		}
	}
}
