// Package doctor finds out what a host lets dropwatch see, by trying.
package doctor

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"dropwatch/dropmon"
	"dropwatch/internal/bpf"
	"dropwatch/internal/explain"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/owner"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

// Examine tries everything once and leaves nothing behind. It takes up to some
// seconds.
func Examine() (*report.Doctor, error) {
	base, err := explain.Load()
	if err != nil {
		return nil, err
	}
	d := &report.Doctor{Schema: report.DoctorSchema, Sources: sources(), Symbols: symbolMethod(), Clock: clock()}
	d.Host, d.Kernel = hoststat.Identity()
	d.Counters = counters([]string{
		"/proc/net/snmp", "/proc/net/snmp6", "/proc/net/netstat", "/proc/net/softnet_stat", "/proc/net/dev",
		"/proc/net/sockstat", "/proc/net/udp", "/proc/net/tcp",
	})
	names := owner.New(owner.Config{})
	defer names.Close()
	// what it cannot read is what Restricted tells
	_ = names.Prime()
	d.Hidden = names.Restricted()
	for _, e := range base.Silent() {
		d.Blind = append(d.Blind, report.DoctorBlind{What: e.Cause, Counters: e.Names, Advice: e.Advice})
	}
	return d, nil
}

// sources tells which source works; auto takes the first that does.
func sources() []report.DoctorSource {
	var list []report.DoctorSource
	chosen := false
	for _, f := range dropmon.Probe() {
		s := report.DoctorSource{Name: f.Source, Usable: f.Err == nil, Notes: f.Notes}
		if f.Err != nil {
			s.Why = strings.TrimPrefix(strings.ReplaceAll(f.Err.Error(), "\n", "; "), "source "+f.Source+": ")
		} else {
			s.Tells = strings.Split(f.Tells.String(), ",")
			s.Chosen = !chosen
			chosen = true
		}
		list = append(list, s)
	}
	return list
}

// symbolMethod names a function that every kernel has.
func symbolMethod() report.DoctorSymbols {
	config := symbols.Config{}
	if kernel, err := bpf.OpenSymbolNamer(); err == nil {
		defer kernel.Close()
		config.Kernel = kernel.Name
	}
	r := symbols.NewResolver(config)
	s := report.DoctorSymbols{Method: r.Method()}
	if err := r.Err(); err != nil {
		s.Why = err.Error()
	}
	return s
}

func clock() report.DoctorClock {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return report.DoctorClock{Synchronized: err == nil && state != unix.TIME_ERROR}
}

func counters(files []string) []report.DoctorCounter {
	var list []report.DoctorCounter
	for _, name := range files {
		c := report.DoctorCounter{Name: name, Readable: true}
		f, err := os.Open(name)
		if err != nil {
			c.Readable = false
			c.Why = cause(err)
		} else {
			f.Close()
		}
		list = append(list, c)
	}
	return list
}

func cause(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "this kernel does not have it"
	case errors.Is(err, os.ErrPermission):
		return "not permitted"
	}
	return err.Error()
}
