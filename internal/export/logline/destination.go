package logline

import (
	"context"
	"errors"
)

// A Destination takes records to where they are kept. It is for one goroutine at
// a time; the [Queue] sees to that.
type Destination interface {
	// Write delivers records in order and returns how many of them, counted
	// from the first, are known to be delivered. It may wait until the
	// context ends. If it returns fewer than all, it returns an error too, and
	// the rest is given to it again. The records belong to the caller.
	Write(ctx context.Context, records []Record) (int, error)

	// Close gives up what Write holds. It does not wait for anybody.
	Close() error
}

// A Reopener is a destination that can begin anew, as one that writes into a
// file does when somebody has renamed that file.
type Reopener interface {
	Reopen() error
}

// An Unconfirmed destination cannot know whether what it sent has arrived.
type Unconfirmed interface {
	Unconfirmed() bool
}

// ErrGone is in the error of a destination that will never work again, such as a
// pipe that nobody reads any more.
var ErrGone = errors.New("nobody reads it any more")
