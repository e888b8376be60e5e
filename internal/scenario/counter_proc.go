package scenario

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// readProtocolCounter reads Group.Name from snmp or netstat, any other name
// from snmp6, of the calling thread's namespace.
func readProtocolCounter(name string) (uint64, error) {
	if !strings.Contains(name, ".") {
		return find(parseColumns, name, "snmp6")
	}
	return find(parsePairs, name, "snmp", "netstat")
}

// find looks a counter up in the first file that has it.
func find(parse func(text []byte, name string) (uint64, bool, error), name string, files ...string) (uint64, error) {
	for _, file := range files {
		text, err := os.ReadFile("/proc/thread-self/net/" + file)
		if err != nil {
			return 0, err
		}
		value, found, err := parse(text, name)
		if err != nil {
			return 0, fmt.Errorf("parse %s: %w", file, err)
		}
		if found {
			return value, nil
		}
	}
	return 0, nil
}

// parsePairs looks for a counter in the form of /proc/net/snmp: a line of
// names, then a line of values, both beginning with the group. Only the lines
// of the counter's group are read.
func parsePairs(text []byte, name string) (value uint64, found bool, err error) {
	group, field, _ := strings.Cut(name, ".")
	start := []byte(group + ": ")
	var names []string
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, start) {
			continue
		}
		fields := strings.Fields(string(line))
		if names == nil {
			names = fields
			continue
		}
		if len(fields) != len(names) {
			return 0, false, fmt.Errorf("%d names but %d values", len(names), len(fields))
		}
		at := slices.Index(names, field)
		if at < 1 {
			return 0, false, nil
		}
		return number(fields[at])
	}
	if names != nil {
		return 0, false, fmt.Errorf("no values after the names of %s", group)
	}
	return 0, false, nil
}

// parseColumns looks for a counter in the form of /proc/net/snmp6: a name and a
// value a line.
func parseColumns(text []byte, name string) (value uint64, found bool, err error) {
	start := []byte(name)
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, start) {
			continue
		}
		field := strings.Fields(string(line))
		if len(field) == 0 || field[0] != name {
			continue
		}
		if len(field) != 2 {
			return 0, false, fmt.Errorf("%d fields in %.40q instead of 2", len(field), line)
		}
		return number(field[1])
	}
	return 0, false, nil
}

func number(text string) (value uint64, found bool, err error) {
	value, err = strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, false, err
	}
	return value, true, nil
}
