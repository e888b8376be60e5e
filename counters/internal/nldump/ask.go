package nldump

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// patience bounds the wait for a whole answer. The kernel answers at once; it
	// is late only if something is badly wrong.
	patience = 10 * time.Second
	// attempts is how often Collect reads a table that keeps changing.
	attempts = 5
)

// ErrInterrupted is returned for a table that changed while it was read, so
// that some rows may be there twice or not at all. Asking again helps.
var ErrInterrupted = errors.New("the table changed while it was read")

// Ask sends a request and calls each for every message of the answer. Messages
// are valid during the call. After an error of each it is not called again, but
// the rest of the answer is read, so that the connection is ready for the next
// request.
//
// Errors of the kernel wrap a unix.Errno. ErrInterrupted is returned after the
// whole answer; os.ErrDeadlineExceeded if that takes more than 10 s;
// os.ErrClosed after Close.
func (c *Conn) Ask(r Request, each func(Message) error) error {
	err := c.ask(r, each)
	if err != nil && c.closed.Load() {
		return fmt.Errorf("ask the kernel: %w", os.ErrClosed)
	}
	return err
}

func (c *Conn) ask(r Request, each func(Message) error) error {
	if err := c.socket.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set deadline of answer: %w", err)
	}
	c.borrow()
	defer c.giveBack()
	c.encode(r)
	if err := c.send(); err != nil {
		return fmt.Errorf("send request: %w", err)
	}
	a := answer{sequence: c.sequence, single: r.Single, each: each}
	for !a.done {
		datagram, err := c.receive()
		if err != nil {
			return errors.Join(a.err, fmt.Errorf("receive answer: %w", err))
		}
		if c.cuts && cut(datagram) {
			continue
		}
		if err := a.datagram(datagram); err != nil {
			return errors.Join(a.err, fmt.Errorf("read answer: %w", err))
		}
	}
	return a.result()
}

// Collect asks for a table and appends what decode makes of it to rows. If the
// table changed meanwhile it is read again, 5 times at most; then the error
// wraps ErrInterrupted. After an error there are no rows.
func Collect[T any](c *Conn, r Request, rows []T, decode func([]T, Message) ([]T, error)) ([]T, error) {
	start := len(rows)
	for attempt := 1; ; attempt++ {
		rows = rows[:start]
		err := c.Ask(r, func(m Message) (err error) {
			rows, err = decode(rows, m)
			return err
		})
		switch {
		case err == nil:
			return rows, nil
		case !errors.Is(err, ErrInterrupted):
			return nil, err
		case attempt == attempts:
			return nil, fmt.Errorf("read it %d times: %w", attempts, err)
		}
	}
}
