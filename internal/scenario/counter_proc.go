package scenario

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
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

func find(parse func([]byte) (map[string]uint64, error), name string, files ...string) (uint64, error) {
	for _, file := range files {
		text, err := os.ReadFile("/proc/thread-self/net/" + file)
		if err != nil {
			return 0, err
		}
		values, err := parse(text)
		if err != nil {
			return 0, fmt.Errorf("parse %s: %w", file, err)
		}
		if value, ok := values[name]; ok {
			return value, nil
		}
	}
	return 0, nil
}

// parsePairs reads the form of /proc/net/snmp: a line of names, then a line of
// values, both beginning with the group.
func parsePairs(text []byte) (map[string]uint64, error) {
	values := map[string]uint64{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		names := strings.Fields(lines.Text())
		if !lines.Scan() {
			return nil, fmt.Errorf("no values after the names of %.40q", strings.Join(names, " "))
		}
		numbers := strings.Fields(lines.Text())
		if len(names) == 0 || len(numbers) != len(names) || numbers[0] != names[0] {
			return nil, fmt.Errorf("%d names but %d values", len(names), len(numbers))
		}
		group := strings.TrimSuffix(names[0], ":")
		for i := 1; i < len(names); i++ {
			// a few gauges are negative; no scenario counts them
			if v, err := strconv.ParseUint(numbers[i], 10, 64); err == nil {
				values[group+"."+names[i]] = v
			}
		}
	}
	return values, lines.Err()
}

// parseColumns reads the form of /proc/net/snmp6: a name and a value a line.
func parseColumns(text []byte) (map[string]uint64, error) {
	values := map[string]uint64{}
	for line := range strings.Lines(string(text)) {
		field := strings.Fields(line)
		if len(field) != 2 {
			return nil, fmt.Errorf("%d fields in %.40q instead of 2", len(field), line)
		}
		v, err := strconv.ParseUint(field[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", field[0], err)
		}
		values[field[0]] = v
	}
	return values, nil
}
