package netdm

import "fmt"

// Settings are how the monitor works, for the whole host.
type Settings struct {
	Mode Mode
	// Truncate is how many bytes of each packet are sent; 0 sends all. Packet
	// mode only.
	Truncate uint32
	// Queue is how many packets wait on each CPU until they are sent. With 0
	// the kernel drops and counts every one. Packet mode only; the kernel's
	// own value is 1000.
	Queue uint32
}

// Stats is how many packets the monitor itself dropped since it was loaded,
// because its queues were full.
type Stats struct {
	Software, Hardware uint64
}

func decodeSettings(body []byte) (Settings, error) {
	var s Settings
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case attributeMode:
			s.Mode = Mode(walk.uint8("ALERT_MODE"))
		case attributeTruncate:
			s.Truncate = walk.uint32("TRUNC_LEN")
		case attributeQueue:
			s.Queue = walk.uint32("QUEUE_LEN")
		}
	}
	if walk.err != nil {
		return Settings{}, fmt.Errorf("decode configuration: %w", walk.err)
	}
	return s, nil
}

func decodeStats(body []byte) (Stats, error) {
	var s Stats
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case attributeStats:
			s.Software = walk.dropped("STATS")
		case attributeHWStats:
			s.Hardware = walk.dropped("HW_STATS")
		}
	}
	if walk.err != nil {
		return Stats{}, fmt.Errorf("decode statistics: %w", walk.err)
	}
	return s, nil
}

// dropped reads the one counter inside STATS and HW_STATS.
func (a *attributes) dropped(name string) (count uint64) {
	nest := a.nest()
	for nest.next() {
		if nest.typ == attributeDropped {
			count = nest.uint64("STATS_DROPPED")
		}
	}
	if nest.err != nil {
		a.fail(name, nest.err)
	}
	return count
}
