package hoststat

import (
	"bytes"
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Pressure tells how long tasks had to wait for a resource. Requires Linux 4.20
// with CONFIG_PSI.
type Pressure struct {
	CPU    *Stalls `json:"cpu,omitempty"`
	IO     *Stalls `json:"io,omitempty"`
	Memory *Stalls `json:"memory,omitempty"`
}

// Stalls are the times when some or all tasks waited. The CPU has no Full: the
// kernel prints one that is always zero, as a host cannot wait for all its CPUs.
type Stalls struct {
	Some *Stall `json:"some,omitempty"`
	Full *Stall `json:"full,omitempty"`
}

// A Stall is a part of the time, in percent.
type Stall struct {
	Avg10  float64 `json:"avg10"` // over 10 seconds
	Avg60  float64 `json:"avg60"`
	Avg300 float64 `json:"avg300"`
}

// parsePressure reads a file of /proc/pressure.
func parsePressure(text []byte) (*Stalls, error) {
	var s Stalls
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		w := words{line}
		name := w.next()
		stall, ok := parseStall(w)
		switch {
		case !ok:
		case string(name) == "some":
			s.Some = stall
		case string(name) == "full":
			s.Full = stall
		}
	}
	if s.Some == nil && s.Full == nil {
		return nil, errFormat
	}
	return &s, nil
}

// parseStall reads "avg10=0.00 avg60=0.07 avg300=0.07 total=75727201".
func parseStall(w words) (*Stall, bool) {
	var s Stall
	seen := 0
	for word := w.next(); len(word) > 0; word = w.next() {
		name, value, _ := bytes.Cut(word, []byte("="))
		var to *float64
		switch string(name) {
		case "avg10":
			to = &s.Avg10
		case "avg60":
			to = &s.Avg60
		case "avg300":
			to = &s.Avg300
		default:
			continue
		}
		percent, ok := decimal(value)
		if !ok {
			return nil, false
		}
		*to = percent
		seen++
	}
	return &s, seen == 3
}

var errPressure = errors.New("not counted: needs Linux 4.20 with CONFIG_PSI, and psi=1 on the kernel's command line if it is off by default")

func (r *Reader) pressure(s *Status) {
	var p Pressure
	for _, f := range []struct {
		path string
		to   **Stalls
	}{{"/proc/pressure/cpu", &p.CPU}, {"/proc/pressure/io", &p.IO}, {"/proc/pressure/memory", &p.Memory}} {
		text, err := r.file.read(r.config.Root + f.path)
		if err == nil {
			*f.to, err = parsePressure(text)
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP) {
			s.miss("pressure", errPressure)
			return
		}
		if err != nil {
			s.miss("pressure", err)
		}
	}
	if p.CPU != nil {
		p.CPU.Full = nil
	}
	if p != (Pressure{}) {
		s.Pressure = &p
	}
}
