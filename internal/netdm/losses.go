package netdm

// Losses returns how many alerts did not reach the caller while subscribed.
//
// Socket is what our own socket lost because it was not read fast enough, and
// what could not be decoded. Kernel is what the monitor itself lost because its
// queues were full (see Stats), 0 before Linux 5.4. In packet mode each is one
// dropped packet, and what was delivered plus both is what was dropped; in
// summary mode an alert has many drops.
//
// Not counted by anybody are drops past SummaryLimit, what Stop throws away,
// and, in packet mode, packets without a link-layer header.
func (c *Client) Losses() (socket, kernel uint64, err error) {
	r := c.receiver
	if r == nil {
		return 0, 0, nil
	}
	if !c.closed {
		if err := r.drops.sample(r.raw); err != nil {
			return 0, 0, err
		}
	}
	kernel = c.tail.before
	if !r.left {
		if kernel, err = c.tail.count(c); err != nil {
			return 0, 0, err
		}
	}
	return r.drops.total + r.undecoded, kernel, nil
}

// Undecoded returns how many alerts could not be decoded, and what was wrong
// with the first.
func (c *Client) Undecoded() (uint64, error) {
	if c.receiver == nil {
		return 0, nil
	}
	return c.receiver.undecoded, c.receiver.fault
}

// tailDrops counts the monitor's own losses while we are subscribed.
type tailDrops struct {
	start  uint64 // of the count, when we subscribed
	before uint64 // lost in subscriptions that have ended
}

func (t *tailDrops) begin(c *Client) error {
	now, err := tail(c)
	t.start = now
	return err
}

func (t *tailDrops) end(c *Client) (err error) {
	t.before, err = t.count(c)
	return err
}

func (t *tailDrops) count(c *Client) (uint64, error) {
	now, err := tail(c)
	if err != nil {
		return t.before, err
	}
	if now < t.start { // the module was loaded anew
		t.start = 0
	}
	return t.before + now - t.start, nil
}

func tail(c *Client) (uint64, error) {
	if !c.features.Stats {
		return 0, nil
	}
	stats, err := c.Stats()
	return stats.Software + stats.Hardware, err
}
