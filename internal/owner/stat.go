package owner

import (
	"bytes"
	"errors"
	"strconv"
)

// stat is what we need of /proc/PID/stat.
type stat struct {
	name  string
	start uint64 // clock ticks after boot; with the pid it names one process
}

var errStat = errors.New("parse stat: not in the form \"pid (name) state ...\"")

// startField is the index of the start time behind the name: field 22 of the
// file, of which the first two are pid and name.
const startField = 22 - 3

// parseStat reads a line of /proc/PID/stat. The name may hold anything, even a
// closing parenthesis, so its end is the last one in the line.
func parseStat(line []byte) (stat, error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return stat{}, errStat
	}
	i := 0
	for field := range bytes.FieldsSeq(line[end+1:]) {
		if i < startField {
			i++
			continue
		}
		start, err := strconv.ParseUint(string(field), 10, 64)
		if err != nil {
			return stat{}, errStat
		}
		return stat{name: printable(string(line[open+1 : end])), start: start}, nil
	}
	return stat{}, errStat
}
