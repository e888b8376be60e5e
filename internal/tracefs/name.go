package tracefs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A name is that of an instance: which process made it, and when that process
// began, because process numbers come again.
type name struct {
	pid    int
	start  uint64 // ticks since boot
	number int    // of several in one process
}

const namePrefix = "dropwatch"

func (n name) String() string {
	return fmt.Sprintf("%s-%d-%d-%d", namePrefix, n.pid, n.start, n.number)
}

// parseName returns false for names that are not ours.
func parseName(text string) (name, bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 || parts[0] != namePrefix {
		return name{}, false
	}
	pid, err1 := strconv.Atoi(parts[1])
	start, err2 := strconv.ParseUint(parts[2], 10, 64)
	number, err3 := strconv.Atoi(parts[3])
	n := name{pid, start, number}
	if err := errors.Join(err1, err2, err3); err != nil || n.String() != text || pid <= 0 || number < 0 {
		return name{}, false
	}
	return n, true
}

// alive tells whether the process that made the instance still runs. When in
// doubt it does.
func (n name) alive(proc string) bool {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(n.pid), "stat"))
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	if err != nil {
		return true
	}
	state, start, err := parseProcess(string(text))
	return err != nil || start == n.start && state != "Z" && state != "X"
}

// startOf is when a process began.
func startOf(proc string, pid int) (uint64, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("read own start time: %w", err)
	}
	_, start, err := parseProcess(string(text))
	if err != nil {
		return 0, fmt.Errorf("read own start time: %w", err)
	}
	return start, nil
}

// parseProcess reads state and start time from /proc/PID/stat. The command in
// parentheses may hold anything.
func parseProcess(text string) (state string, start uint64, err error) {
	i := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[i+1:])
	const startField = 22 - 3 // the first field here is the third
	if i < 0 || len(fields) <= startField {
		return "", 0, fmt.Errorf("process state has %d fields", len(fields))
	}
	start, err = strconv.ParseUint(fields[startField], 10, 64)
	return fields[0], start, err
}
