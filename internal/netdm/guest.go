package netdm

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// A Wish is what Begin shall make the monitor do.
type Wish struct {
	Settings           Settings
	Software, Hardware bool // whose drops to report
	// Takeover stops a monitor that is on for somebody else.
	Takeover bool
}

// A Standing is how a client stands with the one monitor of the host. Begin
// sets it, and Receive keeps it up to date.
type Standing struct {
	// Passive is set while the monitor is on for somebody else, in a mode
	// that may not be ours.
	Passive bool
	// Abandoned is set when the monitor was found on and nobody listens to
	// it: a program that crashed has left it on.
	Abandoned bool
	// Crashed is the process ID of a dropwatch that was killed and had left
	// the monitor on; 0 if there was none. What it left was put in order.
	Crashed int
	// Unmarked is why Begin could not note that the monitor is on because of
	// us: if we are killed, the next one cannot know.
	Unmarked error
	// Interrupted is set when somebody has switched the monitor off while we
	// listened: drops until it was on again are missing.
	Interrupted bool
	// Off is why the monitor, which somebody has switched off, could not be
	// switched on again.
	Off error
}

// guest is what Begin and its upkeep remember.
type guest struct {
	runtime  string
	alone    func() bool // nobody else listens, surely
	wish     Wish
	begun    bool
	markers  *markers // nil where none can be made
	standing Standing
	checked  time.Time
}

// checkInterval is how often Receive looks whether the monitor is on still.
const checkInterval = time.Second

// Begin switches the monitor on for us, in the manner of a guest: what is on
// for somebody else is only listened to, and Standing says so. What a dropwatch
// that was killed has left on is stopped and started anew, and Release then
// restores the settings that were in force before it.
//
// While Receive waits it looks once a second whether the monitor is on still,
// and switches it on again if its owner has switched it off.
//
// It needs CAP_NET_ADMIN in the initial user namespace. Call Subscribe before,
// so that no alert is missed.
func (c *Client) Begin(w Wish) error {
	switch {
	case !w.Software && !w.Hardware:
		return errors.New("start drop monitor: neither software nor hardware drops are asked for")
	case w.Hardware && !c.features.Hardware:
		return unsupported("start drop monitor for hardware")
	}
	g := &c.guest
	g.wish, g.standing = w, Standing{}
	if g.markers == nil {
		g.markers, g.standing.Unmarked = newMarkers(g.runtime)
	}
	g.begun, g.checked = true, time.Now()
	if err := c.begin(w.Takeover); err != nil {
		g.begun = false
		return errors.Join(err, c.unmark())
	}
	return nil
}

// Standing tells how this client stands with the monitor since Begin.
func (c *Client) Standing() Standing { return c.guest.standing }

// Look tells how Begin would find the monitor, and switches and sets nothing. A
// crashed dropwatch is one whose leavings Begin would put in order. Call
// Subscribe before, so that listeners can be told apart.
func (c *Client) Look() (Standing, error) {
	state, err := c.State()
	if err != nil || state != Foreign {
		return Standing{}, err
	}
	s := Standing{Passive: true, Abandoned: c.guest.alone()}
	m, err := newMarkers(c.guest.runtime)
	if err != nil || !s.Abandoned {
		return s, nil // without markers nobody of ours has been here
	}
	_ = m.claim(false)
	if _, _, last := m.left(); last != nil {
		s = Standing{Crashed: last.PID}
	}
	return s, m.leave()
}

func (c *Client) begin(force bool) error {
	state, err := c.claim(force)
	if err != nil {
		return err
	}
	g := &c.guest
	if err := c.inheritSettings(); err != nil {
		return err
	}
	switch {
	case force:
		if err := c.Stop(true, true); err != nil {
			return fmt.Errorf("take over: %w", err)
		}
	case state != Idle: // before Linux 5.4 it is unknown
		if err := c.recover(); err != nil {
			return err
		}
	}
	err = c.switchOn()
	if errors.Is(err, ErrRunning) {
		g.standing.Passive = true
		g.standing.Abandoned = g.alone()
		return c.unmark()
	}
	if err == nil {
		g.standing.Passive, g.standing.Off = false, nil
	}
	return err
}

// claim gets the markers, and the state of the monitor at that time. Another
// dropwatch that is just about to start or stop is waited for.
func (c *Client) claim(force bool) (State, error) {
	const tries, pause = 20, 10 * time.Millisecond
	for try := 1; ; try++ {
		state, err := c.State()
		if err != nil || state == StateUnknown && c.features.Configure {
			return state, err // without privileges Start will say what is missing
		}
		err = c.claimMarkers(force)
		if try < tries && state == Idle && errors.Is(err, errHeld) {
			time.Sleep(pause)
			continue
		}
		if err != nil && !errors.Is(err, errHeld) {
			c.guest.standing.Unmarked = err
		}
		return state, nil
	}
}

func (c *Client) claimMarkers(force bool) error {
	switch m := c.guest.markers; {
	case m == nil:
		return nil
	case force:
		return m.seize()
	default:
		return m.claim(true)
	}
}

// inheritSettings takes over the duty of a dead process to restore the
// settings, if those in force are the ones that it left.
func (c *Client) inheritSettings() error {
	m := c.guest.markers
	if m == nil || !c.features.Configure {
		return nil
	}
	_, _, last := m.left()
	if last == nil || last.Before == last.After {
		return nil
	}
	now, err := c.Configuration()
	if err != nil || now != last.After {
		return err
	}
	c.before, c.after, c.changed = last.Before, last.After, true
	return nil
}

// recover stops what a killed dropwatch has left on, unless somebody listens.
func (c *Client) recover() error {
	g := &c.guest
	if g.markers == nil {
		return nil
	}
	software, hardware, last := g.markers.left()
	if last == nil {
		return nil
	}
	if !g.alone() {
		c.changed = false
		return g.markers.leave()
	}
	g.standing.Crashed = last.PID
	return c.Stop(software, hardware)
}

// switchOn puts our settings in force if that is possible, and starts.
func (c *Client) switchOn() error {
	w := c.guest.wish
	c.mark()
	if c.features.Configure {
		if err := c.Configure(w.Settings); err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
	}
	return c.Start(w.Software, w.Hardware)
}

// mark notes what will be on because of us. That it fails is told in Standing.
func (c *Client) mark() {
	g := &c.guest
	if g.markers == nil {
		return
	}
	r := record{
		PID: os.Getpid(), Boot: g.markers.boot,
		Software: g.wish.Software, Hardware: g.wish.Hardware, Before: c.before, After: g.wish.Settings,
	}
	if !c.changed && c.features.Configure {
		now, err := c.Configuration()
		if err != nil {
			g.standing.Unmarked = err
			return
		}
		r.Before = now
	}
	if err := g.markers.write(r); err != nil {
		g.standing.Unmarked = fmt.Errorf("write marker: %w", err)
	}
}

// unmark removes our markers; those of the dead whose monitor we leave alone
// stay.
func (c *Client) unmark() error {
	if c.guest.markers == nil {
		return nil
	}
	return c.guest.markers.leave()
}
