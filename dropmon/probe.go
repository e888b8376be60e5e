package dropmon

import (
	"fmt"

	"dropwatch/internal/netdm"
)

// A Finding is whether a source works on this host.
type Finding struct {
	Source string
	Err    error // why not, with the cure; nil if it works
	Tells  By    // what it tells, if it works
	Notes  []string
}

// Probe tries every source, the best first, and leaves nothing behind. It takes
// some hundred milliseconds. The state of the drop monitor is not changed.
func Probe() []Finding {
	return []Finding{
		probeOpen("ebpf", openEBPF),
		probeNetDM(),
		probeOpen("tracefs", openTracefs),
	}
}

func probeOpen(name string, open func(Config) (Source, error)) Finding {
	source, err := open(Config{})
	if err != nil {
		return Finding{Source: name, Err: err}
	}
	f := Finding{Source: name, Tells: source.Tells(), Notes: source.Notes()}
	f.Err = source.Close()
	return f
}

// probeNetDM does all but switch the monitor on, which others would notice.
func probeNetDM() Finding {
	f := Finding{Source: "netdm"}
	client, err := netdm.Dial(netdm.Config{})
	if err != nil {
		f.Err = fmt.Errorf("source netdm: %w", err)
		return f
	}
	defer client.Close()
	s := netdmSource{client: client}
	if err := client.Subscribe(); err != nil {
		f.Err = fmt.Errorf("source netdm: %w", err)
		return f
	}
	standing, err := client.Look()
	if err != nil {
		f.Err = fmt.Errorf("source netdm: %w", err)
		return f
	}
	f.Tells, f.Notes = s.Tells(), append(foundNotes(standing), s.Notes()...)
	return f
}
