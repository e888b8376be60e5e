package hoststat

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Disk is a whole block device. Loop devices and RAM disks that were never
// used are not listed.
type Disk struct {
	Name     string       `json:"name"` // such as "sda"
	Counters DiskCounters `json:"counters"`
	Rates    *DiskRates   `json:"rates,omitempty"`
}

// DiskCounters count since the device came.
type DiskCounters struct {
	Reads        uint64 `json:"reads"`
	ReadBytes    uint64 `json:"read_bytes"`
	Writes       uint64 `json:"writes"`
	WrittenBytes uint64 `json:"written_bytes"`
	// BusyMilliseconds is the time when anything was in flight. The kernel counts
	// it with 32 bits on most releases.
	BusyMilliseconds uint64 `json:"busy_ms"`
}

// DiskRates are per second, over the time since the sample before.
type DiskRates struct {
	Reads        float64 `json:"reads"`
	ReadBytes    float64 `json:"read_bytes"`
	Writes       float64 `json:"writes"`
	WrittenBytes float64 `json:"written_bytes"`
	// Busy is the part of the time when anything was in flight, from 0 to 1.
	Busy *float64 `json:"busy,omitempty"`
}

// A diskLine is a line of /proc/diskstats. The name is part of the text.
type diskLine struct {
	major, minor uint64
	name         []byte
	counters     DiskCounters
}

const sectorBytes = 512 // for every device

// parseDisk reads a line of /proc/diskstats. The few numbers that Linux 2.6.24
// and before have for partitions are no line.
func parseDisk(line []byte) (diskLine, bool) {
	var d diskLine
	w := words{line}
	var okMajor, okMinor bool
	d.major, okMajor = w.number()
	d.minor, okMinor = w.number()
	d.name = w.next()
	var n [11]uint64
	for i := range n {
		var ok bool
		if n[i], ok = w.number(); !ok {
			return d, false
		}
	}
	if !okMajor || !okMinor || len(d.name) == 0 || max(n[2], n[6]) > math.MaxUint64/sectorBytes {
		return d, false
	}
	d.counters = DiskCounters{
		Reads: n[0], ReadBytes: n[2] * sectorBytes, Writes: n[4], WrittenBytes: n[6] * sectorBytes, BusyMilliseconds: n[9],
	}
	return d, true
}

// rates compares two readings. A counter that went back is that of a new device.
func (c DiskCounters) rates(before DiskCounters, seconds float64) *DiskRates {
	if seconds <= 0 || c.Reads < before.Reads || c.ReadBytes < before.ReadBytes ||
		c.Writes < before.Writes || c.WrittenBytes < before.WrittenBytes {
		return nil
	}
	r := &DiskRates{
		Reads:        float64(c.Reads-before.Reads) / seconds,
		ReadBytes:    float64(c.ReadBytes-before.ReadBytes) / seconds,
		Writes:       float64(c.Writes-before.Writes) / seconds,
		WrittenBytes: float64(c.WrittenBytes-before.WrittenBytes) / seconds,
	}
	if c.BusyMilliseconds >= before.BusyMilliseconds {
		// The kernel rounds to its ticks.
		busy := min(1, float64(c.BusyMilliseconds-before.BusyMilliseconds)/1000/seconds)
		r.Busy = &busy
	}
	return r
}

// diskHistory has the disks of the reading before, by name.
type diskHistory struct {
	at    time.Time
	round uint64
	known map[string]*diskPast
}

type diskPast struct {
	name         string
	major, minor uint64
	counters     DiskCounters
	listed       bool // a whole device
	fresh        bool // without counters of the reading before
	round        uint64
}

// disks fills in the block devices.
func (r *Reader) disks(s *Status) {
	text, ok := r.text(s, "disks", "/proc/diskstats")
	if !ok {
		return
	}
	h := &r.diskHistory
	h.round++
	s.Disks = make([]Disk, 0, len(h.known))
	more := 0
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		d, ok := parseDisk(line)
		if !ok || d.unused() {
			continue
		}
		past, ok := r.disk(&d)
		switch {
		case !ok || past.listed && len(s.Disks) == r.config.MaxDisks:
			more++
			continue
		case past.listed:
			s.Disks = append(s.Disks, past.next(&d, s.Time.Sub(h.at).Seconds()))
		}
		past.round = h.round
	}
	for name, past := range h.known {
		if past.round != h.round {
			delete(h.known, name)
		}
	}
	h.at = s.Time
	s.leave(more, func(l *LeftOut) *int { return &l.Disks })
}

// unused finds the loop devices and RAM disks that are made in advance.
func (d *diskLine) unused() bool {
	ready := bytes.HasPrefix(d.name, []byte("loop")) || bytes.HasPrefix(d.name, []byte("ram")) ||
		bytes.HasPrefix(d.name, []byte("zram"))
	return ready && d.counters == DiskCounters{}
}

// maxKnownDisks bounds the memory for devices, partitions included.
const maxKnownDisks = 16384

// disk finds what is known of a device.
func (r *Reader) disk(d *diskLine) (*diskPast, bool) {
	h := &r.diskHistory
	if past, ok := h.known[string(d.name)]; ok && past.major == d.major && past.minor == d.minor {
		return past, true
	}
	if len(h.known) >= maxKnownDisks {
		return nil, false
	}
	past := &diskPast{name: string(d.name), major: d.major, minor: d.minor, fresh: true}
	past.listed = r.isWholeDisk(past.name)
	h.known[past.name] = past
	return past, true
}

// isWholeDisk asks sysfs; without one everything is listed.
func (r *Reader) isWholeDisk(name string) bool {
	if strings.Contains(name, "..") {
		return false
	}
	var stat unix.Stat_t
	err := unix.Stat(r.config.Root+"/sys/block/"+strings.ReplaceAll(name, "/", "!"), &stat)
	if !errors.Is(err, fs.ErrNotExist) {
		return err == nil
	}
	return unix.Stat(r.config.Root+"/sys/block", &stat) != nil
}

func (p *diskPast) next(d *diskLine, seconds float64) Disk {
	disk := Disk{Name: clean(p.name, maxName), Counters: d.counters}
	if !p.fresh {
		disk.Rates = d.counters.rates(p.counters, seconds)
	}
	p.counters, p.fresh = d.counters, false
	return disk
}
