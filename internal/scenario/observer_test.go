package scenario

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/dropmon"
	"dropwatch/symbols"
)

// openObserver is the adapter between the table and the source under test.
func openObserver(t *testing.T) Observer {
	t.Helper()
	source, err := dropmon.Open(dropmon.Config{Source: "ebpf"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	reasons, err := symbols.LoadReasons()
	if err != nil {
		t.Fatal(err)
	}
	resolver := symbols.NewResolver(symbols.Config{})
	var rows []Observed
	knows := func(name string) bool { return len(reasons.Code(name)) > 0 }
	if !knows(unspecified) {
		knows = nil
	}
	return Observer{
		Sight:   FullSight(),
		Knows:   knows,
		Release: kernelRelease(t),
		Read: func() ([]Observed, error) {
			err := source.Receive(time.Now(), func(d *dropmon.Drop) {
				rows = append(rows, observe(d, reasons, resolver))
			})
			return rows, errorOfLoss(source, err)
		},
	}
}

func observe(d *dropmon.Drop, reasons *symbols.Reasons, resolver *symbols.Resolver) Observed {
	_, name, _ := reasons.Name(d.Reason.Code)
	symbol, _ := resolver.Resolve(d.Location)
	return Observed{
		Reason: name, Symbol: symbol.Name, NetNS: d.NetNS.Inode, Interface: d.Interface.Index,
		Protocol: d.Protocol, Transport: d.Transport, Packets: d.Packets, Buffers: d.Buffers,
	}
}

// errorOfLoss turns loss of the source's own data into an error, without which
// a count could be wrong.
func errorOfLoss(source dropmon.Source, err error) error {
	if err != nil {
		return err
	}
	stats, err := source.Stats()
	if err == nil && stats.Missed() > 0 {
		err = fmt.Errorf("source missed %d events", stats.Missed())
	}
	return err
}

func kernelRelease(t *testing.T) string {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return unix.ByteSliceToString(name.Release[:])
}
