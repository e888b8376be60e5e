package scenario

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/dropmon"
	"dropwatch/symbols"
)

// inGuest tells whether this is a virtual machine of make test-vm, where every
// source works and nobody else drops packets.
func inGuest() bool { return os.Getenv("VMTEST") != "" }

// A names gives addresses and codes of the running kernel their names.
type names struct {
	reasons  *symbols.Reasons
	resolver *symbols.Resolver
}

// openHost opens the sources under test.
func openHost(t *testing.T, configs ...dropmon.Config) Host {
	t.Helper()
	reasons, err := symbols.LoadReasons()
	if err != nil {
		t.Fatal(err)
	}
	n := names{reasons, symbols.NewResolver(symbols.Config{})}
	n.resolver.Resolve(1) // which reads the table, for seconds in a guest
	h := Host{Release: kernelRelease(t), Shared: !inGuest()}
	if len(reasons.Code(unspecified)) > 0 {
		h.Knows = func(name string) bool { return len(reasons.Code(name)) > 0 }
	}
	for _, c := range configs {
		h.Observers = append(h.Observers, openObserver(t, c, n))
	}
	return h
}

// openObserver is the adapter between the table and a source.
func openObserver(t *testing.T, c dropmon.Config, n names) Observer {
	t.Helper()
	source, err := dropmon.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	name, missed := source.Name(), uint64(0)
	if c.Coarse {
		name += "-coarse"
	}
	return Observer{
		Name:  name,
		Sight: sightOf(source, c.Coarse),
		Read: func() (Seen, error) {
			var seen Seen
			for more := true; more; {
				more = false
				err := source.Receive(time.Now(), func(d *dropmon.Drop) {
					more = true
					seen.Rows = append(seen.Rows, n.observe(d))
				})
				if err != nil {
					return Seen{}, err
				}
			}
			stats, err := source.Stats()
			seen.AtLeast = stats.AtLeast
			seen.Missed, missed = stats.Missed()-missed, stats.Missed()
			return seen, err
		},
	}
}

// sightOf translates what a source says of itself.
func sightOf(source dropmon.Source, coarse bool) Sight {
	tells := func(by dropmon.By) bool { return source.Tells()&by != 0 }
	ebpf := source.Name() == "ebpf"
	return Sight{
		Reason: tells(dropmon.ByReason), NetNS: tells(dropmon.ByNetNS), Interface: tells(dropmon.ByInterface),
		Protocol: tells(dropmon.ByProtocol), Transport: tells(dropmon.ByFlow),
		Packets: ebpf, Finer: ebpf,
		Headless: source.Name() != "netdm" || coarse,
	}
}

func (n names) observe(d *dropmon.Drop) Observed {
	reason := d.Reason.Name
	if reason == "" {
		_, reason, _ = n.reasons.Name(d.Reason.Code)
	}
	symbol, _ := n.resolver.Resolve(d.Location)
	return Observed{
		Reason: reason, Symbol: symbol.Name, NetNS: d.NetNS.Inode, Interface: d.Interface.Index,
		Protocol: d.Protocol, Transport: d.Transport, Packets: d.Packets, Buffers: d.Buffers,
	}
}

// mountTracefs mounts tracefs at its usual place, over whatever others have
// mounted there: theirs may go earlier.
func mountTracefs(t *testing.T) {
	t.Helper()
	const place = "/sys/kernel/tracing"
	if err := unix.Mount("tracefs", place, "tracefs", 0, ""); err != nil {
		t.Fatalf("mount tracefs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(place, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func kernelRelease(t *testing.T) string {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return unix.ByteSliceToString(name.Release[:])
}
