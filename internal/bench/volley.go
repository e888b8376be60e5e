package main

import (
	"context"
	"fmt"
	"time"
)

// A volley is packets sent at one pace, and what a watcher made of them.
type volley struct {
	sent, delivered int
	missed          int           // as the watcher says
	took            time.Duration // to send
	lag             time.Duration // of the last output behind the last packet
}

func (v volley) pace() float64 { return float64(v.sent) / v.took.Seconds() }

// maxLag is how far behind a watcher may be that keeps up. Summaries come a
// second late by design, and their lines a second later.
func maxLag(summary bool) time.Duration {
	if summary {
		return 3 * time.Second
	}
	return 500 * time.Millisecond
}

// kept tells whether the watcher kept up.
func (v volley) kept(summary bool) bool {
	return v.delivered == v.sent && v.lag <= maxLag(summary)
}

// A shooting is a gun and who watches it.
type shooting struct {
	*watch
	gun *gun
}

// still is how long a watcher that has told all writes nothing.
func (s *shooting) still() time.Duration {
	if s.summary {
		return 2500 * time.Millisecond
	}
	return 700 * time.Millisecond
}

// warm lets the watcher find names and buffers that it needs only once. Its
// output may come in blocks, so a few packets are not enough to see it.
func (s *shooting) warm(ctx context.Context) error {
	const n = 100
	mark, before := s.gun.next(), s.told(0)
	if _, err := s.gun.fire(ctx, n, 200); err != nil {
		return err
	}
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if err := s.settle(ctx); err != nil {
			return err
		}
		if told := s.told(mark) - before; told == n || told > 0 && !s.summary {
			return nil
		}
	}
	return s.failure(fmt.Errorf("it shows %d of the first %d packets", s.told(mark)-before, n))
}

// settle brings out what is still in buffers.
func (s *shooting) settle(ctx context.Context) error {
	if _, err := s.out.calm(ctx, s.still()); err != nil {
		return err
	}
	return s.count()
}

// volley sends n packets at the pace and waits for all the output about them.
func (s *shooting) volley(ctx context.Context, n int, pace float64) (v volley, err error) {
	mark := s.gun.next()
	before, missed := s.told(mark), s.missed
	if v.took, err = s.gun.fire(ctx, n, pace); err != nil {
		return v, err
	}
	ended := time.Now()
	last, err := s.out.calm(ctx, s.still())
	if err != nil {
		return v, err
	}
	v.lag = max(last.Sub(ended), 0)
	if !s.summary {
		// The last blocks of a program that buffers its output come out when
		// others follow; these do not belong to the volley.
		s.gun.next()
		if _, err := s.gun.fire(ctx, 50, 1000); err != nil {
			return v, err
		}
	}
	if err := s.settle(ctx); err != nil {
		return v, err
	}
	v.sent, v.delivered, v.missed = n, s.told(mark)-before, s.missed-missed
	return v, nil
}

// told is how many packets of a mark the watcher has told of. A summary has no
// marks.
func (s *shooting) told(mark int) int {
	if s.summary {
		return s.counted()
	}
	return s.packets[mark]
}
