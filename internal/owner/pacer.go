package owner

import "time"

const (
	// maxBackoff is how many times longer than at first a key waits that is
	// missed again and again.
	maxBackoff = 32
	maxWaiting = 1 << 14
	// gapShare is how much longer than a scan the gap after it is.
	gapShare = 9
)

// A pacer decides whether a key that is not in a cache is worth another scan.
// Two limits hold: a gap after any scan, so long that scans take no more than a
// tenth of one processor, and for a key that a scan did not find a wait that
// doubles each time.
type pacer[K comparable] struct {
	least   time.Duration // shortest gap
	base    time.Duration // first wait of a key that was missed
	gap     time.Duration
	last    time.Time // end of the last scan
	waiting map[K]wait
}

type wait struct {
	until time.Time
	long  time.Duration
}

// scanned takes note of a scan.
func (p *pacer[K]) scanned(begin, end time.Time) {
	p.last, p.gap = end, max(p.least, gapShare*end.Sub(begin))
}

// idle reports whether the gap after the last scan is over.
func (p *pacer[K]) idle(now time.Time) bool {
	return p.last.IsZero() || now.Sub(p.last) >= p.gap
}

func (p *pacer[K]) due(key K, now time.Time) bool {
	w, ok := p.waiting[key]
	return p.idle(now) && (!ok || !now.Before(w.until))
}

func (p *pacer[K]) missed(key K, now time.Time) {
	long := p.base
	if w, ok := p.waiting[key]; ok {
		long = min(2*w.long, maxBackoff*p.base)
	}
	// Forgetting all of them costs at most one extra scan for each gap.
	if p.waiting == nil || len(p.waiting) >= maxWaiting {
		p.waiting = make(map[K]wait)
	}
	p.waiting[key] = wait{until: now.Add(long), long: long}
}

func (p *pacer[K]) found(key K) { delete(p.waiting, key) }
