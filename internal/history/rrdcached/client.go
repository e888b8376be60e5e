package rrdcached

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"dropwatch/internal/values"
)

// batchValues is how many values are sent at once.
const batchValues = 500

// A Client sends values. Its methods may be called concurrently; Run is called
// once.
type Client struct {
	config Config
	queue  *queue

	mu     sync.Mutex
	counts Counts
}

// Counts are of values since the start, if nothing else is said.
type Counts struct {
	Taken    uint64 `json:"taken"`             // by the daemon
	Lost     uint64 `json:"lost"`              // for want of room in the queue
	Refused  uint64 `json:"refused"`           // by the daemon
	Waiting  int    `json:"waiting"`           // in the queue now
	Files    uint64 `json:"files"`             // that the daemon made
	Failures uint64 `json:"failures"`          // of connections
	Problem  string `json:"problem,omitempty"` // the last one; empty after a batch without
	Up       bool   `json:"connected"`         // to the daemon
}

// New makes a client, which does nothing until Run.
func New(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	return &Client{config: c, queue: newQueue(c.Queue)}, nil
}

// Add takes the values of a host to send them later. It does not block, and
// leaves out numbers that are not finite.
func (c *Client) Add(host string, t time.Time, list []values.Value) {
	at := math.Round(float64(t.UnixMilli())) / 1000
	for i := range list {
		if v := list[i].Number; !math.IsNaN(v) && !math.IsInf(v, 0) {
			c.queue.put(item{FileName(host, list[i].Key(), c.config.Directories), at, v})
		}
	}
}

// Counts tells what became of the values.
func (c *Client) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.counts
	waiting, lost := c.queue.state()
	counts.Waiting, counts.Lost = waiting, counts.Lost+lost
	return counts
}

func (c *Client) count(f func(*Counts)) {
	c.mu.Lock()
	f(&c.counts)
	c.mu.Unlock()
}

// Run sends until ctx is done, and returns nil then, after what is in the queue
// was sent, if that takes no longer than a second. A daemon that is not there or
// does not answer is no error: it is tried again, after longer and longer times.
func (c *Client) Run(ctx context.Context) error {
	var unanswered []item
	wait := c.config.Retry
	for ctx.Err() == nil {
		done, left, err := c.connection(ctx, unanswered)
		unanswered = left
		if err == nil || ctx.Err() != nil {
			break
		}
		c.count(func(n *Counts) {
			n.Failures, n.Up = n.Failures+1, false
			n.Problem = fmt.Sprintf("%.300s", err)
		})
		if done {
			wait = c.config.Retry
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, 60*c.config.Retry)
	}
	c.count(func(n *Counts) { n.Lost += uint64(len(unanswered)) })
	return nil
}

// connection sends until it fails, or ctx is done and nothing is left. It begins
// with what an earlier one had no answer for. It returns that of its own, and
// whether there was one answer at least.
func (c *Client) connection(ctx context.Context, again []item) (done bool, left []item, err error) {
	s, err := dial(ctx, &c.config)
	if err != nil {
		return false, again, err
	}
	defer s.close()
	list, resent := again, len(again) > 0
	for {
		if len(list) == 0 {
			list, resent = c.queue.take(batchValues), false
		}
		if len(list) == 0 {
			select {
			case <-c.queue.wake:
				continue
			case <-ctx.Done():
				return done, nil, nil
			}
		}
		if err := c.send(ctx, s, list, resent); err != nil {
			return done, list, err
		}
		list, done = nil, true
	}
}

// send sends a batch, and once more with files where there were none.
func (c *Client) send(ctx context.Context, s *session, list []item, resent bool) error {
	commands := make([]string, len(list))
	for i := range list {
		commands[i] = list[i].update()
	}
	failed, err := s.batch(ctx, commands)
	if err != nil {
		return err
	}
	var missing []item
	o := outcome{resent: resent}
	for _, f := range failed {
		if strings.HasPrefix(f.text, "No such file") {
			missing = append(missing, list[f.command-1])
		} else {
			o.failed(f.text)
		}
	}
	if len(missing) > 0 {
		if err := c.create(ctx, s, missing, &o); err != nil {
			return err
		}
	}
	c.count(func(n *Counts) {
		n.Up, n.Problem = true, o.problem
		n.Refused += o.refused
		n.Files += o.files
		n.Taken += uint64(len(list)) - o.refused
	})
	return nil
}

// outcome is what became of a batch.
type outcome struct {
	resent         bool
	refused, files uint64
	problem        string
}

// failed counts a value that was not taken. One that was sent before can have
// been taken then.
func (o *outcome) failed(text string) {
	if o.resent && strings.HasPrefix(text, "illegal attempt to update using time") {
		return
	}
	o.refused++
	o.problem = fmt.Sprintf("%.300s", text)
}

func (c *Client) create(ctx context.Context, s *session, list []item, o *outcome) error {
	var commands []string
	var creates []bool
	made := map[string]bool{}
	for i := range list {
		if !made[list[i].file] {
			made[list[i].file] = true
			commands, creates = append(commands, c.config.create(list[i].file, list[i].at)), append(creates, true)
		}
		commands, creates = append(commands, list[i].update()), append(creates, false)
	}
	failed, err := s.batch(ctx, commands)
	if err != nil {
		return err
	}
	o.files += uint64(len(made))
	why := ""
	for _, f := range failed {
		if creates[f.command-1] {
			o.files--
			why = f.text
		} else {
			o.failed(f.text)
		}
	}
	if why != "" && o.refused > 0 {
		o.problem = fmt.Sprintf("%.300s", why) // and not that the file is missing
	}
	return nil
}
