package logline

import (
	"fmt"
	"time"
)

// Stats is what became of the records that were added to a queue. At every
// moment Added = Delivered + Lost + Waiting.
type Stats struct {
	// Name is the destination's, as the configuration of the queue has it.
	Name string
	// Added is the number of records that were added.
	Added uint64
	// Delivered is the number of records that the destination took. If
	// Unconfirmed, they were sent, and nobody knows whether they arrived.
	Delivered uint64
	// Lost is the number of records that are delivered nowhere.
	Lost uint64
	// Waiting is the number of records that the queue holds, and Limit the
	// most that it can hold.
	Waiting, Limit uint64
	// Notices is the number of records delivered that the queue itself made,
	// to tell of lost ones. They are in none of the numbers above.
	Notices uint64
	// Unconfirmed is set for a destination that cannot know what arrives.
	Unconfirmed bool

	// Failing is why the destination does not work at present, or nil.
	Failing error
	// Since is when that began or, if Failing is nil, when the destination
	// began to work again; zero if it never failed.
	Since time.Time
	// Gone is set when the destination will not be tried again.
	Gone bool
}

// String tells in a line what a user should know of the destination's state:
// "syslog+tcp://loghost: connection refused; lines wait (65536 at most)".
func (s Stats) String() string {
	switch {
	case s.Gone:
		return fmt.Sprintf("%s: %v; nothing more is logged there", s.Name, s.Failing)
	case s.Failing != nil:
		return fmt.Sprintf("%s: %v; lines wait (%d at most)", s.Name, s.Failing, s.Limit)
	case s.Since.IsZero():
		return s.Name + ": works"
	}
	return fmt.Sprintf("%s: works again; %s lost so far", s.Name, lines(s.Lost))
}
