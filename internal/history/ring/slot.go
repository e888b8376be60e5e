package ring

import (
	"math"
	"time"
)

// A slot is the part of the history of one value that is not yet in rows.
type slot struct {
	last  int64   // when a value came, in nanoseconds of Unix time; 0 if none did
	known int64   // nanoseconds of the current step that are known
	mean  float64 // of those
	rows  []sums  // of the archives but the finest
}

// sums are of the finest steps in the current row of an archive.
type sums struct {
	known     int64 // steps
	mean, max float64
}

// A completed row of one slot. Only known ones are told.
type completed func(archive int, end int64, average, highest float64)

// A clockwork turns values into rows.
type clockwork struct {
	config    *Config
	step      int64 // the finest, in nanoseconds
	heartbeat int64
}

func newClockwork(c *Config) clockwork {
	return clockwork{c, int64(c.Archives[0].Step), int64(c.Heartbeat)}
}

// endOf is the end of the step that follows a time.
func (w *clockwork) endOf(t int64) int64 { return (t/w.step + 1) * w.step }

// add takes a value of a time after s.last. The work is bounded by heartbeat
// over step, however long nothing came.
func (w *clockwork) add(s *slot, t int64, v float64, done completed) {
	if s.last == 0 || t-s.last > w.heartbeat {
		w.skip(s, t, done)
		return
	}
	for at := s.last; at < t; {
		end := w.endOf(at)
		s.cover(v, min(end, t)-at)
		if end <= t {
			w.finish(s, end, done)
		}
		at = min(end, t)
	}
	s.last = t
}

// cover says what the value was for a while. A value that stays the same stays
// exact.
func (s *slot) cover(v float64, duration int64) {
	s.known += duration
	s.mean += (v - s.mean) * (float64(duration) / float64(s.known))
}

// skip goes on after a time of which nothing is known.
func (w *clockwork) skip(s *slot, t int64, done completed) {
	if s.last != 0 && w.endOf(s.last) <= t {
		at := w.endOf(s.last)
		w.finish(s, at, done)
		for i := range s.rows {
			step := int64(w.config.Archives[i+1].Step)
			if end := (at + step - 1) / step * step; end <= t && end > at {
				w.finishRow(s, i+1, end, done)
			}
		}
	}
	s.last = t
}

// finish ends a step.
func (w *clockwork) finish(s *slot, end int64, done completed) {
	known := 2*s.known >= w.step
	mean := s.mean
	s.known, s.mean = 0, 0
	if known {
		done(0, end/int64(time.Second), mean, mean)
	}
	for i := range s.rows {
		r := &s.rows[i]
		if known {
			r.add(mean)
		}
		if end%int64(w.config.Archives[i+1].Step) == 0 {
			w.finishRow(s, i+1, end, done)
		}
	}
}

func (r *sums) add(v float64) {
	if r.known == 0 {
		r.max = v
	}
	r.known++
	r.mean += (v - r.mean) / float64(r.known)
	r.max = math.Max(r.max, v)
}

// finishRow ends a row of a coarser archive.
func (w *clockwork) finishRow(s *slot, archive int, end int64, done completed) {
	r := &s.rows[archive-1]
	if r.known > 0 && 2*r.known >= int64(w.config.Archives[archive].Step)/w.step {
		done(archive, end/int64(time.Second), r.mean, r.max)
	}
	*r = sums{}
}
