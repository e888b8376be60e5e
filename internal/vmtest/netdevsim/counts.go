package netdevsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"time"
)

// Counts are how many packets each trap has reported since the device was made,
// by devlink's own count. While the port is up it grows all the time.
func (d *Device) Counts() (map[string]uint64, error) {
	text, err := exec.Command("devlink", "-s", "-j", "trap", "show").Output()
	if err != nil {
		return nil, fmt.Errorf("run devlink: %w", err)
	}
	return parseCounts(text, d.Handle)
}

// Settled sets the port down and returns the counts once they rest, which is
// after the last reports were made: what they have grown by between two such
// readings is exactly what was reported.
func (d *Device) Settled() (map[string]uint64, error) {
	if err := d.Down(); err != nil {
		return nil, err
	}
	last, err := d.Counts()
	for err == nil {
		time.Sleep(2 * interval)
		var now map[string]uint64
		now, err = d.Counts()
		if err == nil && maps.Equal(last, now) {
			return now, nil
		}
		last = now
	}
	return nil, err
}

// interval is how often the module reports.
const interval = 100 * time.Millisecond

// parseCounts reads what devlink prints of a device.
func parseCounts(text []byte, handle string) (map[string]uint64, error) {
	var all struct {
		Trap map[string][]struct {
			Name  string
			Stats struct{ RX struct{ Packets uint64 } }
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("parse traps: %w", err)
	}
	traps := all.Trap[handle]
	if len(traps) == 0 {
		return nil, fmt.Errorf("device %s has no traps", handle)
	}
	counts := make(map[string]uint64, len(traps))
	for _, t := range traps {
		counts[t.Name] = t.Stats.RX.Packets
	}
	return counts, nil
}
