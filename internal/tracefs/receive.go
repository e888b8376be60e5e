package tracefs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Pauses between two looks at the buffers. The kernel could wake us, but before
// Linux 6.3 not reliably, and each time at the cost of a drop.
const (
	shortPause = 10 * time.Millisecond
	longPause  = 100 * time.Millisecond // when nothing happens
)

// Receive calls yield for every drop until the deadline or Wake; a zero
// deadline waits for Wake only. Drops of one CPU come in order. After Stop it
// delivers what is left and returns. The event is valid only during the call
// of yield. It returns os.ErrClosed after Close.
func (d *Drops) Receive(deadline time.Time, yield func(*Event)) error {
	if d.closed {
		return os.ErrClosed
	}
	for {
		// What was dropped before the deadline is there at the look after it.
		last := d.over(deadline) || d.stopped
		pages, err := d.look(yield)
		if err != nil || last {
			return err
		}
		if d.idle != nil {
			d.idle()
		}
		d.sleep(deadline, pages)
	}
}

// Wake ends a waiting Receive, or the next one, early. It may be called from
// any goroutine.
func (d *Drops) Wake() {
	select {
	case d.woken <- struct{}{}:
	default: // it is to be woken already
	}
}

// over tells whether Receive has to end.
func (d *Drops) over(deadline time.Time) bool {
	select {
	case <-d.woken:
		d.ended = true
	default:
	}
	over := d.ended || !deadline.IsZero() && !time.Now().Before(deadline)
	d.ended = false
	return over
}

// sleep waits for more. Pages is the most that a CPU had last time.
func (d *Drops) sleep(deadline time.Time, pages int) {
	switch {
	case pages > d.most/8: // it fills fast
		return
	case pages > 0:
		d.pause = shortPause
	default:
		d.pause = min(2*d.pause, longPause)
	}
	pause := d.pause
	if !deadline.IsZero() {
		pause = min(pause, time.Until(deadline))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.woken:
		d.ended = true
	}
}

// look reads what the buffers hold, but no more than they can hold: else a
// flood would keep us for ever. It returns how many pages the fullest one had.
func (d *Drops) look(yield func(*Event)) (pages int, err error) {
	clock := now()
	for i := range d.cpus {
		n := 0
		for ; n < d.most; n++ {
			err := d.readPage(&d.cpus[i], clock, yield)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return 0, err
			}
		}
		pages = max(pages, n)
	}
	return pages, nil
}

func (d *Drops) readPage(c *cpu, clock clock, yield func(*Event)) error {
	n, err := c.read(d.page)
	if err != nil {
		return err
	}
	e := Event{CPU: c.number}
	err = d.layout.decode(d.page[:n], func(stamp uint64, record []byte) error {
		ours, err := d.format.decode(record, &e)
		if ours && err == nil {
			e.Time = clock.when(stamp)
			yield(&e)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("decode trace page of cpu%d: %w", c.number, err)
	}
	return nil
}
