package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what all threads of a process have used so far, also those that have
// ended. It is that of the scheduler and has no ticks.
func cpuTime(pid int) (time.Duration, error) {
	// how the kernel numbers the clock of a process, see MAKE_PROCESS_CPUCLOCK
	// in linux/posix-timers.h
	const perProcess, scheduler = 0, 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|perProcess|scheduler, &t); err != nil {
		return 0, fmt.Errorf("read CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// Resident memory of a process, in MB of 10^6 bytes.
type resident struct {
	now, peak float64
	anonymous float64 // of now
	file      float64 // mapped files, mostly of its program; others may share them
}

func memoryOf(pid int) (resident, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return resident{}, err
	}
	return parseResident(string(text))
}

func parseResident(status string) (m resident, err error) {
	for name, value := range map[string]*float64{"VmRSS:": &m.now, "VmHWM:": &m.peak, "RssAnon:": &m.anonymous, "RssFile:": &m.file} {
		kib, ok := number(status, name)
		if !ok {
			return m, fmt.Errorf("find %s in the status of a process", name)
		}
		*value = megabytes(int64(kib))
	}
	return m, nil
}

// machineTime is what all processors have worked and idled so far.
type machineTime struct{ busy, idle uint64 }

func readMachineTime() (machineTime, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machineTime{}, err
	}
	return parseMachineTime(string(text))
}

// parseMachineTime reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq and steal.
func parseMachineTime(stat string) (t machineTime, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return t, errors.New("find the processors in /proc/stat")
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return t, fmt.Errorf("read /proc/stat: %w", err)
		}
		if i == 3 || i == 4 {
			t.idle += n
		} else {
			t.busy += n
		}
	}
	return t, nil
}

// busyShare is how busy the machine was from one time to another, in percent.
func busyShare(from, to machineTime) float64 {
	busy, idle := float64(to.busy-from.busy), float64(to.idle-from.idle)
	if busy+idle == 0 {
		return 0
	}
	return 100 * busy / (busy + idle)
}
