package dropmon

import (
	"fmt"

	"dropwatch/internal/netdm"
)

// An Activity is whether the kernel's drop monitor is on.
type Activity uint8

// The activities.
const (
	ActivityUnknown Activity = iota // we may not ask: CAP_NET_ADMIN is missing
	ActivityIdle
	ActivityOn // for us or for somebody else: the kernel does not tell
)

// A MonitorState is what the kernel's own drop monitor does and has counted.
// There is one for the whole host.
type MonitorState struct {
	Activity Activity

	Packets  bool   // it sends single packets, not summaries
	Truncate uint32 // bytes of each packet that are sent; 0 for all
	Queue    uint32 // packets that wait on each CPU

	// SoftwareLost and HardwareLost are the packets that found no room in the
	// monitor's queues since it was loaded.
	SoftwareLost, HardwareLost uint64
}

// Monitor asks the kernel's drop monitor for its state, and leaves it as it is;
// the kernel loads its module if it can. It needs Linux 5.4, and CAP_NET_ADMIN
// for the activity. The error wraps errors.ErrUnsupported on an older kernel;
// it is another one if there is no monitor.
func Monitor() (MonitorState, error) {
	client, err := netdm.Dial(netdm.Config{})
	if err != nil {
		return MonitorState{}, err
	}
	defer client.Close()
	settings, err := client.Configuration()
	if err != nil {
		return MonitorState{}, err
	}
	lost, err := client.Stats()
	if err != nil {
		return MonitorState{}, err
	}
	state, err := client.State()
	if err != nil {
		return MonitorState{}, err
	}
	return MonitorState{
		Activity: activityOf(state),
		Packets:  settings.Mode == netdm.Packets, Truncate: settings.Truncate, Queue: settings.Queue,
		SoftwareLost: lost.Software, HardwareLost: lost.Hardware,
	}, nil
}

func activityOf(state netdm.State) Activity {
	switch state {
	case netdm.Idle:
		return ActivityIdle
	case netdm.Ours, netdm.Foreign:
		return ActivityOn
	}
	return ActivityUnknown
}

// StopMonitor switches the kernel's drop monitor off, whoever switched it on.
// It is no error if it was off. It needs CAP_NET_ADMIN.
func StopMonitor() error {
	client, err := netdm.Dial(netdm.Config{})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Stop(true, true); err != nil {
		return fmt.Errorf("end monitoring: %w", err)
	}
	return nil
}

// ListensOnly tells whether a source listens to a drop monitor that somebody
// else has switched on.
func ListensOnly(s Source) bool {
	switch s := s.(type) {
	case *netdmSource:
		return s.passive
	case *both:
		return ListensOnly(s.hardware)
	case substitute:
		return ListensOnly(s.Source)
	}
	return false
}
