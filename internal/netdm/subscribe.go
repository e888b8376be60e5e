package netdm

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Subscribe joins the group that alerts are sent to; from then on they are
// queued for Receive. Alerts come whoever has started the monitor. It needs
// CAP_SYS_ADMIN in the initial user namespace.
func (c *Client) Subscribe() error {
	if c.receiver == nil {
		s, err := c.dial()
		if err != nil {
			return err
		}
		r, err := newReceiver(s, c.family.id, c.idle)
		if err != nil {
			return errors.Join(err, s.Close())
		}
		c.receiver = r
	}
	r := c.receiver
	if !r.left {
		return nil
	}
	if err := c.tail.begin(c); err != nil {
		return err
	}
	if err := r.socket.JoinGroup(c.family.group); err != nil {
		return notJoined(err)
	}
	r.left = false
	return nil
}

// Unsubscribe leaves the group. What is queued can still be received.
func (c *Client) Unsubscribe() error {
	if c.receiver == nil || c.receiver.left {
		return nil
	}
	if err := c.receiver.socket.LeaveGroup(c.family.group); err != nil {
		return refused("leave the drop monitor's events", err)
	}
	c.receiver.left = true
	return c.tail.end(c)
}

// Receive waits for alerts until the deadline (zero means for ever) or until
// Wake, and calls yield for each. The Alert and all it refers to is valid only
// during the call. After Unsubscribe it delivers all that is queued, without
// regard to the deadline, and does not wait.
//
// That alerts were lost is no error, see Losses. After Begin it sees to it that
// the monitor stays on, see Standing.
func (c *Client) Receive(deadline time.Time, yield func(*Alert)) error {
	if c.receiver == nil {
		return errors.New("receive drop alerts: not subscribed")
	}
	if c.closed {
		return fmt.Errorf("receive drop alerts: %w", os.ErrClosed)
	}
	for {
		until := deadline
		if !c.receiver.left {
			c.upkeep()
			until = c.guest.due(deadline)
		}
		woken, err := c.wake.during(func() error { return c.receiver.run(until, &c.wake, yield) })
		if err != nil || woken || until.Equal(deadline) {
			return err
		}
	}
}
