package ring

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// ErrNoValue is for keys that a file does not have.
var ErrNoValue = errors.New("no history of that value")

// A Series is the past of a value in even steps. The point i is of the step
// that begins at Start + i*Step. What is not known is NaN.
type Series struct {
	Key     string
	Start   time.Time
	Step    time.Duration
	Average []float64
	// Max has the highest of the finest steps, and as many points as Average;
	// nil if they are not kept.
	Max []float64
	// Torn counts rows that were damaged, and so are unknown.
	Torn int
}

// End is the end of the last point.
func (s *Series) End() time.Time { return s.Start.Add(time.Duration(len(s.Average)) * s.Step) }

// Fetch returns what is known of a time, from the finest archive that remembers
// all of it, or else the one that remembers most. With maxPoints above 1, so
// many steps are put together that there are not more points. A time before or
// after what the file has is not in the series, which can be empty.
func (v *View) Fetch(key string, from, to time.Time, maxPoints int) (*Series, error) {
	h := v.head
	slot := h.names.find(cleanKey(key))
	if slot < 0 || key == "" {
		return nil, fmt.Errorf("read history: %s: %s: %w", v.path, key, ErrNoValue)
	}
	until := min(to.Unix(), maxTime/int64(time.Second))
	if last := h.state.last; last != 0 {
		until = min(until, last/int64(time.Second)+1)
	}
	archive := h.choose(from.Unix(), until)
	s, err := v.fetch(slot, archive, from.Unix(), until)
	if err != nil {
		return nil, fmt.Errorf("read history: %s: %w", v.path, err)
	}
	if maxPoints > 1 {
		s = s.Merge(maxPoints)
	}
	return s, nil
}

// Rows returns all that one archive of Config remembers of a value, up to its
// last row.
func (v *View) Rows(key string, archive int) (*Series, error) {
	slot := v.head.names.find(cleanKey(key))
	if slot < 0 || key == "" || archive < 0 || archive >= len(v.head.config.Archives) {
		return nil, fmt.Errorf("read history: %s: %s: %w", v.path, key, ErrNoValue)
	}
	step := seconds(v.head.config.Archives[archive].Step)
	s, err := v.fetch(slot, archive, 0, v.head.state.last/int64(time.Second)/step*step)
	if err != nil {
		return nil, fmt.Errorf("read history: %s: %w", v.path, err)
	}
	return s, nil
}

// choose finds the archive for a time.
func (h *head) choose(from, until int64) int {
	// The oldest row counts from the last time of the file, not from until: what
	// came later has overwritten it.
	now := max(until, h.state.last/int64(time.Second))
	best := 0
	for i, a := range h.config.Archives {
		if now-seconds(a.Covers()) <= from {
			return i
		}
		if a.Covers() > h.config.Archives[best].Covers() {
			best = i
		}
	}
	return best
}

// fetch reads the rows of an archive that touch a time.
func (v *View) fetch(slot, archive int, from, until int64) (*Series, error) {
	a := v.head.config.Archives[archive]
	step := seconds(a.Step)
	first := max(floor(from, step)+step, step) // ends of rows
	last := min(floor(until-1, step)+step, maxTime/int64(time.Second))
	first = max(first, last-step*int64(a.Rows-1))
	s := &Series{Key: v.head.names.slots[slot].key, Start: time.Unix(first-step, 0), Step: a.Step}
	if last < first {
		return s, nil
	}
	n := int((last-first)/step) + 1
	s.Average = make([]float64, n)
	if a.Max || archive == 0 {
		s.Max = make([]float64, n)
	}
	return s, v.readRows(s, slot, archive, first)
}

func floor(n, step int64) int64 {
	f := n / step * step
	if f > n {
		f -= step
	}
	return f
}

// batchBytes is how much is read at once.
const batchBytes = 64 << 10

// readRows fills a series whose first row ends at a time.
func (v *View) readRows(s *Series, slot, archive int, first int64) error {
	c, l := &v.head.config, &v.head.layout
	step, size := seconds(s.Step), l.rowBytes[archive]
	buffer := make([]byte, max(batchBytes/size, 1)*size)
	for i := 0; i < len(s.Average); {
		end := first + int64(i)*step
		at := l.row(c, archive, end)
		rows := (l.rows[archive] + int64(c.Archives[archive].Rows)*size - at) / size // before the archive begins again
		rows = min(rows, int64(len(buffer))/size, int64(len(s.Average)-i))
		if _, err := v.file.ReadAt(buffer[:rows*size], at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for j := range rows {
			r := row(buffer[j*size:][:size])
			whole, err := v.again(r, at+j*size)
			if err != nil {
				return err
			}
			if !whole {
				s.Torn++
			}
			v.point(s, i, r, whole && r.end() == end, slot, archive)
			i, end = i+1, end+step
		}
	}
	return nil
}

// again reads a row until it is whole: it may be written just now.
func (v *View) again(r row, at int64) (bool, error) {
	for try := 0; !r.whole(); try++ {
		if try >= v.attempts {
			return false, nil
		}
		time.Sleep(pause / 10)
		if _, err := v.file.ReadAt(r, at); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
	}
	return true, nil
}

// own tells whether what a row says of a slot is of the key that has it, and not
// of the one before or after.
func (v *View) own(slot int, end, step int64) bool {
	first, last := v.head.names.slots[slot].first, v.head.state.slots[slot].last
	return end > first/int64(time.Second) && (last == 0 || end-step <= last/int64(time.Second))
}

// point enters what a row says. A row can be of another time, which the archive
// has not overwritten or has meanwhile.
func (v *View) point(s *Series, i int, r row, valid bool, slot, archive int) {
	average, highest := math.NaN(), math.NaN()
	if valid && v.own(slot, r.end(), seconds(s.Step)) {
		average = r.get(slot)
		if highest = average; v.head.config.Archives[archive].Max {
			highest = r.get(v.head.config.Slots + slot)
		}
	}
	s.Average[i] = average
	if s.Max != nil {
		s.Max[i] = highest
	}
}
