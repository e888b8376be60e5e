package statedir

import (
	"cmp"
	"time"
)

// A tiling says how far the tiles of a host have come.
type tiling struct {
	to    time.Time
	epoch uint64
	// late is a record whose time had come, but of which parts are missing.
	late *Peer
}

// next returns the tile that a record makes, or nil if its drops were told in
// the last one, at least in part: records tell of the last minute, most of which
// the record before told too.
//
// Times are those of the host, and the window of a record ends when it was sent.
// As both jitter, half an interval more or less is none: the tile then joins the
// one before. A clock that was set back makes a gap of a window; one that was
// set forward can make one window count twice. A new start of the agent begins
// with an empty window, so that it never overlaps what an earlier one told.
func (t *tiling) next(p *Peer) *Tile {
	d := p.Report.Drops
	length := seconds(d.Seconds)
	tile := &Tile{To: sentAt(p), Epoch: p.Epoch, Drops: d}
	tile.From = tile.To.Add(-length)
	switch since := tile.To.Sub(t.to); {
	case t.to.IsZero():
	case t.epoch != p.Epoch:
		if tile.From.Before(t.to) && tile.To.After(t.to) {
			tile.From = t.to
		}
	case since < -slack(p):
		t.to = tile.To // the clock was set back: begin anew after a gap
		return nil
	case since < length-slack(p):
		return nil
	case (since - length).Abs() <= slack(p):
		tile.From = t.to
	}
	if !tile.To.After(tile.From) {
		return nil
	}
	return tile
}

// made remembers the last tile.
func (t *tiling) made(tile *Tile) { t.to, t.epoch = tile.To, tile.Epoch }

// slack is how far the times of records are off without a reason.
func slack(p *Peer) time.Duration {
	length := seconds(p.Report.Drops.Seconds)
	interval := time.Duration(0)
	if h := p.Report.Host; h != nil {
		interval = seconds(h.Interval)
	}
	return min(cmp.Or(interval, length/8)/2, length/4)
}

// maxLength is the longest window that is believed.
const maxLength = 24 * time.Hour

func seconds(s float64) time.Duration {
	switch {
	case !(s > 0):
		return 0
	case s > maxLength.Seconds():
		return maxLength
	}
	return time.Duration(s * float64(time.Second))
}

// sentAt is when the host says it sent a record, else when it came.
func sentAt(p *Peer) time.Time {
	if p.Sent.IsZero() {
		return p.Last
	}
	return p.Sent
}

// whole tells whether all parts of a record came; a host's own has none.
func whole(p *Peer) bool { return p.Received >= p.Parts }

// newer tells whether a record is a later one than another.
func newer(p, than *Peer) bool { return p.Epoch != than.Epoch || p.Sequence != than.Sequence }
