package netdm

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// State is whether the monitor is on, and for whom.
type State uint8

// The states.
const (
	StateUnknown State = iota // not permitted to ask, or the kernel cannot tell
	Idle                      // off
	Ours                      // on, and this client switched it on
	Foreign                   // on, and somebody else switched it on
)

func (s State) String() string {
	return [...]string{"unknown", "idle", "ours", "foreign"}[s]
}

// State asks whether the monitor is on. The kernel has no question for that:
// an empty change of the settings is tried, which it refuses when it is on. It
// needs CAP_NET_ADMIN and Linux 5.4; otherwise the state is StateUnknown.
func (c *Client) State() (State, error) {
	if !c.features.Configure {
		return StateUnknown, nil
	}
	err := c.order("ask for the drop monitor's state", commandConfig, nil)
	switch {
	case err == nil:
		return Idle, nil
	case errors.Is(err, ErrBusy) && (c.software || c.hardware):
		return Ours, nil
	case errors.Is(err, ErrBusy):
		return Foreign, nil
	case errors.Is(err, unix.EPERM):
		return StateUnknown, nil
	}
	return StateUnknown, err
}

// Start switches the monitor on for software drops, hardware drops or both. If
// one of them is on already the error is ErrRunning, and nothing has changed.
// It needs CAP_NET_ADMIN in the initial user namespace, and Linux 5.4 for
// hardware drops.
func (c *Client) Start(software, hardware bool) error {
	const operation = "start drop monitor"
	switch {
	case !software && !hardware:
		return errors.New("start drop monitor: neither software nor hardware drops are asked for")
	case hardware && !c.features.Hardware:
		return unsupported("start drop monitor for hardware")
	}
	body, err := encodeSwitch(c.features, software, hardware)
	if err != nil {
		return err
	}
	if err := c.order(operation, commandStart, body); err != nil {
		return err
	}
	c.software, c.hardware = c.software || software, c.hardware || hardware
	return nil
}

// Stop switches the monitor off, whoever switched it on: a guest uses Release.
// It is no error if it was off. It needs CAP_NET_ADMIN in the initial user
// namespace.
//
// What the kernel has not sent yet it throws away without counting: in summary
// mode all since the last alert, so who wants the last drops too waits a little
// longer than SummaryDelay before Stop; in packet mode what is in its queues,
// which a short wait empties.
func (c *Client) Stop(software, hardware bool) error {
	hardware = hardware && c.features.Hardware
	if !software && !hardware {
		return nil
	}
	body, err := encodeSwitch(c.features, software, hardware)
	if err != nil {
		return err
	}
	if err := c.order("stop drop monitor", commandStop, body); err != nil {
		return err
	}
	c.software, c.hardware = c.software && !software, c.hardware && !hardware
	return nil
}

// Configure puts settings in force for the whole host, until Release. It does
// nothing if they are in force already; else the error is ErrBusy while the
// monitor is on. It needs CAP_NET_ADMIN in the initial user namespace and Linux
// 5.4.
func (c *Client) Configure(s Settings) error {
	now, err := c.Configuration()
	if err != nil || now == s {
		return err
	}
	if err := c.configure(s); err != nil {
		return err
	}
	if !c.changed || now != c.after { // else the first ones count
		c.before, c.changed = now, true
	}
	c.after = s
	return nil
}

func (c *Client) configure(s Settings) error {
	body, err := encodeSettings(s)
	if err != nil {
		return err
	}
	return c.order("configure drop monitor", commandConfig, body)
}

// Release switches off what this client switched on, and puts the settings back
// that were in force before it changed them, unless somebody else has changed
// them since. If somebody else keeps the monitor on the settings stay as they
// are, and the error is ErrBusy, but not after Begin: whoever listens there lives
// with it. It may be called again.
func (c *Client) Release() error {
	c.giveWay()
	if err := c.Stop(c.software, c.hardware); err != nil {
		return err
	}
	err := c.restore()
	if c.guest.begun && errors.Is(err, ErrBusy) {
		err = nil
	}
	c.guest.begun = false
	return errors.Join(err, c.unmark())
}

func (c *Client) restore() error {
	if !c.changed || c.after == c.before {
		return nil
	}
	c.changed = false
	now, err := c.Configuration()
	if err != nil || now != c.after {
		return err
	}
	if err := c.configure(c.before); err != nil {
		return fmt.Errorf("restore settings: %w", err)
	}
	return nil
}

// Close does Release, and frees everything. It may be called twice; another
// goroutine that waits in Receive must be woken before.
func (c *Client) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	err := errors.Join(c.Release(), c.Unsubscribe())
	if c.receiver != nil {
		err = errors.Join(err, c.receiver.close())
	}
	return errors.Join(err, c.control.Close())
}
