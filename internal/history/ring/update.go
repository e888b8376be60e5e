package ring

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/values"
)

// ErrBackwards is for values that are not later than those of the file.
var ErrBackwards = errors.New("the clock went back")

// silentFor is how long a value must be silent before another may have its slot.
const silentFor = 24 * time.Hour

// maxNumber is what sums of cannot overflow.
const maxNumber = 1e300

// Update takes the values of a time, in the order in which new ones get slots.
// A number that is not finite is unknown. Values not later than the last of the
// same key are refused and counted; if all are, the error wraps ErrBackwards.
// Values for which there is no slot are counted.
//
// When it fails otherwise, as on a full disk, nothing changed, and the next one
// also tells of the time of this one if the heartbeat allows.
func (f *File) Update(t time.Time, list []values.Value) error {
	now := t.UnixNano()
	if t.Unix() <= 0 || t.Unix() >= maxTime/int64(time.Second) {
		return fmt.Errorf("update history: time %v cannot be kept", t)
	}
	if err := f.assign(now, list); err != nil {
		return fmt.Errorf("update history: %w", err)
	}
	f.next.set(&f.state)
	f.pending = f.pending[:0]
	taken, refused, err := f.take(now, list)
	if err == nil {
		err = f.writeRows()
	}
	if err != nil {
		return fmt.Errorf("update history: %s: %w", f.path, err)
	}
	f.next.counts.Updates++
	f.next.last = max(f.next.last, now)
	if taken == 0 && refused > 0 {
		f.next.last = f.state.last
		err = fmt.Errorf("update history: %s: %w: it has values of %s; if the clock was wrong then, remove the file",
			f.path, ErrBackwards, time.Unix(0, f.state.last).UTC().Format(time.RFC3339))
	}
	return errors.Join(err, f.commit())
}

// assign finds the slot of each value in f.slots, -1 for none, and gives slots to
// keys that are new. The names are on the disk before anything is written under
// them.
func (f *File) assign(now int64, list []values.Value) error {
	f.slots = f.slots[:0]
	missing := false
	for i := range list {
		f.slots = append(f.slots, f.slotOf(&list[i]))
		missing = missing || f.slots[i] < 0
	}
	if !missing {
		return nil
	}
	next, changed := f.names, false
	for i := range list {
		if f.slots[i] >= 0 {
			continue
		}
		key := cleanKey(list[i].Key())
		slot := next.find(key)
		if slot < 0 && key != "" {
			slot = f.free(&next, now)
		}
		f.slots[i] = slot
		if slot < 0 || next.slots[slot].key == key {
			continue
		}
		if !changed {
			next.slots, changed = slices.Clone(next.slots), true
		}
		next.slots[slot] = nameOf{key, now}
	}
	if !changed {
		return nil
	}
	return f.rename(&next)
}

// slotOf finds the slot of a value that has one, without making its key.
func (f *File) slotOf(v *values.Value) int {
	f.key = append(f.key[:0], v.Name...)
	if v.Of != "" {
		f.key = append(append(append(f.key, '['), v.Of...), ']')
	}
	if slot, ok := f.index[string(f.key)]; ok {
		return slot
	}
	return -1
}

// free finds a slot of no key, or of the one silent for longest, which is not
// silent if it is in the update.
func (f *File) free(n *names, now int64) int {
	oldest := -1
	for i := range n.slots {
		if n.slots[i].key == "" {
			return i
		}
		if slices.Contains(f.slots, i) {
			continue
		}
		last := max(f.state.slots[i].last, n.slots[i].first)
		if now-last > int64(silentFor) && (oldest < 0 || last < max(f.state.slots[oldest].last, n.slots[oldest].first)) {
			oldest = i
		}
	}
	return oldest
}

func (f *File) rename(next *names) error {
	before := f.names
	if err := f.writeNames(next); err != nil {
		return err
	}
	for i := range f.names.slots {
		if f.names.slots[i] != before.slots[i] {
			f.state.slots[i].clear()
		}
	}
	f.index = f.names.index()
	return nil
}

// writeNames writes the copy that is not in use, and forces it to the disk. It
// counts from when a state refers to it.
func (f *File) writeNames(next *names) error {
	next.generation = f.names.generation + 1
	_, err := f.file.WriteAt(encodeNames(next, &f.layout), f.layout.names[next.generation%2])
	if err == nil {
		err = unix.Fdatasync(int(f.file.Fd()))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.names = *next
	f.state.generation = next.generation
	return nil
}

// take turns the values into rows.
func (f *File) take(now int64, list []values.Value) (taken, refused int, err error) {
	for i := range list {
		v := list[i].Number
		if math.IsNaN(v) || math.Abs(v) > maxNumber {
			continue
		}
		slot := f.slots[i]
		switch {
		case slot < 0:
			f.next.counts.LeftOut++
			continue
		case now <= f.next.slots[slot].last:
			f.next.counts.Refused++
			refused++
			continue
		}
		taken++
		f.clock.add(&f.next.slots[slot], now, v, func(archive int, end int64, average, highest float64) {
			if err == nil {
				err = f.enter(slot, archive, end, average, highest)
			}
		})
	}
	return taken, refused, err
}

// A pending row is complete for some slots and not yet written.
type pending struct {
	archive int
	row     row
}

func (f *File) enter(slot, archive int, end int64, average, highest float64) error {
	r, err := f.load(archive, end)
	if err != nil || r == nil {
		return err
	}
	r.set(slot, average)
	if f.config.Archives[archive].Max {
		r.set(f.config.Slots+slot, highest)
	}
	return nil
}

// load returns a row that others may have begun, or nil if its place has a
// later one.
func (f *File) load(archive int, end int64) (row, error) {
	for i := range f.pending {
		if p := &f.pending[i]; p.archive == archive && p.row.end() == end {
			return p.row, nil
		}
	}
	r := f.spareRow(f.layout.rowBytes[archive])
	if _, err := f.file.ReadAt(r, f.layout.row(&f.config, archive, end)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case r.end() != end && r.whole() && r.end() > end && r.end() <= f.state.last/int64(time.Second):
		return nil, nil
	case r.end() != end || !r.whole():
		r.begin(end)
	}
	f.pending = append(f.pending, pending{archive, r})
	return r, nil
}

// spareRow takes the memory of a row of an update before.
func (f *File) spareRow(n int64) row {
	if i := len(f.pending); i < len(f.spare) && int64(cap(f.spare[i])) >= n {
		return f.spare[i][:n]
	} else if i < len(f.spare) {
		f.spare[i] = make([]byte, n)
		return f.spare[i]
	}
	f.spare = append(f.spare, make([]byte, n))
	return f.spare[len(f.spare)-1]
}

func (f *File) writeRows() error {
	for _, p := range f.pending {
		p.row.seal()
		if _, err := f.file.WriteAt(p.row, f.layout.row(&f.config, p.archive, p.row.end())); err != nil {
			return err
		}
	}
	return nil
}

// commit makes the next state the one of the file.
func (f *File) commit() error {
	f.next.sequence = f.state.sequence + 1
	encodeState(f.block, &f.next)
	if _, err := f.file.WriteAt(f.block, f.layout.state[f.next.sequence%2]); err != nil {
		return fmt.Errorf("update history: %s: %w", f.path, err)
	}
	f.state, f.next = f.next, f.state
	return nil
}
