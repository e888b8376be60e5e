package cluster

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"dropwatch/internal/peer/statedir"
)

// latest is what a host that is up told last.
func latest(h *Host) *told {
	if !h.Up || h.Report == nil || h.Report.Drops == nil {
		return nil
	}
	t := newTold(h, len(h.Report.Drops.Rows))
	t.add(h.Report.Drops)
	t.seconds = max(h.Report.Drops.Seconds, 0)
	return t
}

// since is what a host told since a time, whether it is up or not. The last
// record mostly overlaps the last tile. Of it counts what it tells more than
// that one: never too much, and less than there was while drops go on.
func (v *View) since(past *statedir.Past, h *Host, begin time.Time) (*told, error) {
	t, overlapped := newTold(h, 0), newTold(h, 0)
	from, to, slack := window(h)
	fresh := to.After(from)
	var end time.Time
	found := false
	err := past.Drops(h.ID, begin, func(tile *statedir.Tile) {
		found = true
		t.add(tile.Drops)
		t.cover(tile.From, tile.To, begin, v.Time)
		end = tile.To
		if fresh && tile.Epoch == h.Epoch && tile.To.Sub(from) > slack {
			overlapped.add(tile.Drops)
		}
	})
	if fresh && to.After(end) && to.After(begin) {
		found = true
		last := newTold(h, len(h.Report.Drops.Rows))
		last.add(h.Report.Drops)
		t.addBeyond(last, overlapped)
		if from.Before(end) {
			from = end
		}
		t.cover(from, to, begin, v.Time)
	}
	if !found {
		return nil, err
	}
	return t, err
}

// window is the time that the last record of a host tells of, nothing if it tells
// of no drops, and how far such times are off without a reason.
func window(h *Host) (from, to time.Time, slack time.Duration) {
	if h.Report == nil || h.Report.Drops == nil {
		return from, to, 0
	}
	to = h.Sent
	if to.IsZero() {
		to = h.Last
	}
	length := seconds(min(h.Report.Drops.Seconds, 24*3600))
	return to.Add(-length), to, min(seconds(interval(h.Peer))/2, length/4)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// cover adds the part of a time that lies in that of the report.
func (t *told) cover(from, to, begin, end time.Time) {
	if from.Before(begin) {
		from = begin
	}
	if to.After(end) {
		to = end
	}
	if to.After(from) {
		t.seconds += to.Sub(from).Seconds()
	}
}

// A hostPast is what a host told since a time; nil if nothing.
type hostPast struct {
	told *told
	err  error
}

// allSince reads the past of all hosts, several at once: most of the time goes
// into decoding.
func (v *View) allSince(past *statedir.Past, begin time.Time) []hostPast {
	results := make([]hostPast, len(v.Hosts))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		readers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(v.Hosts) {
					return
				}
				results[i].told, results[i].err = v.since(past, &v.Hosts[i], begin)
			}
		})
	}
	readers.Wait()
	return results
}
