package netdm

import (
	"errors"
	"os"
	"time"
)

// due tells until when to wait for alerts before the monitor is looked at.
func (g *guest) due(deadline time.Time) time.Time {
	if !g.begun {
		return deadline
	}
	next := g.checked.Add(checkInterval)
	if deadline.IsZero() || next.Before(deadline) {
		return next
	}
	return deadline
}

// upkeep looks after the monitor, which others can switch off. What goes wrong
// is told in Standing: alerts may come all the same.
func (c *Client) upkeep() {
	g := &c.guest
	if !g.begun || time.Since(g.checked) < checkInterval {
		return
	}
	g.checked = time.Now()
	c.giveWay()
	state, err := c.State()
	switch {
	case err != nil:
		g.standing.Off = err
	case state == Idle:
		g.standing.Interrupted = true
		c.software, c.hardware = false, false
		g.standing.Off = c.begin(false)
	case state == Ours:
		c.markLate()
	case state == Foreign:
		c.inherit()
	}
}

// giveWay notices that another dropwatch has taken the monitor over: what is on
// and what is set is no longer ours.
func (c *Client) giveWay() {
	g := &c.guest
	if g.markers == nil || !g.markers.lost() {
		return
	}
	c.software, c.hardware, c.changed = false, false, false
	g.standing.Passive = true
	_ = c.unmark() // only closes files
}

// markLate gets the markers that another dropwatch still had when we started.
func (c *Client) markLate() {
	g := &c.guest
	if g.markers == nil || g.standing.Unmarked != nil || g.markers.complete(g.wish.Software, g.wish.Hardware) {
		return
	}
	err := g.markers.claim(true)
	switch {
	case err == nil:
		c.mark()
	case !errors.Is(err, errHeld):
		g.standing.Unmarked = err
	}
}

// inherit makes the monitor ours when the dropwatch that it was on for has died
// and nobody else listens. So it is switched off in the end.
func (c *Client) inherit() {
	g := &c.guest
	if g.markers == nil || g.markers.claim(false) != nil {
		return
	}
	software, hardware, last := g.markers.left()
	if last == nil || !g.alone() || c.inheritSettings() != nil {
		_ = c.unmark() // lets the marker of the dead be
		return
	}
	c.software, c.hardware = software, hardware
	r := *last
	r.PID, r.Software, r.Hardware = os.Getpid(), software, hardware
	if err := g.markers.write(r); err != nil {
		g.standing.Unmarked = err
	}
	g.standing.Passive = false
}
