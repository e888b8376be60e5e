package hoststat

import (
	"bytes"
	"errors"
	"time"
)

// Load is the average number of tasks that run, wait for a CPU or for a disk.
type Load struct {
	One     float64 `json:"one"` // over a minute
	Five    float64 `json:"five"`
	Fifteen float64 `json:"fifteen"`
}

// Tasks counts threads.
type Tasks struct {
	Running uint64 `json:"running"`
	Total   uint64 `json:"total"`
}

var errFormat = errors.New("the text has another form than expected")

// parseLoad reads /proc/loadavg: "4.02 2.46 2.60 2/125 29799".
func parseLoad(text []byte) (Load, Tasks, error) {
	w := words{firstLine(text)}
	one, ok1 := decimal(w.next())
	five, ok5 := decimal(w.next())
	fifteen, ok15 := decimal(w.next())
	running, total, _ := bytes.Cut(w.next(), []byte("/"))
	run, okRun := number(running)
	all, okAll := number(total)
	if !ok1 || !ok5 || !ok15 || !okRun || !okAll {
		return Load{}, Tasks{}, errFormat
	}
	return Load{One: one, Five: five, Fifteen: fifteen}, Tasks{Running: run, Total: all}, nil
}

// parseUptime reads the first number of /proc/uptime.
func parseUptime(text []byte) (float64, error) {
	w := words{firstLine(text)}
	seconds, ok := decimal(w.next())
	if !ok {
		return 0, errFormat
	}
	return seconds, nil
}

// latest is the last second of the year 9999: JSON has no later time.
const latest = 253402300799

// instant is a time that somebody else wrote; the zero time if it cannot be one.
func instant(seconds, microseconds uint64) time.Time {
	if seconds == 0 || seconds > latest || microseconds >= 1e6 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), int64(microseconds)*1000).UTC()
}
