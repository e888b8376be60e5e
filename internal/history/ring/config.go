package ring

import (
	"errors"
	"fmt"
	"time"
)

// A Config is the shape of a new file. The zero value is DefaultConfig.
type Config struct {
	// Slots is how many values are kept. 48 by default.
	Slots int
	// Heartbeat is the longest time that a value tells of. Three times the
	// finest step by default.
	Heartbeat time.Duration
	// Archives in any order. Each step must be a multiple of the finest.
	Archives []Archive
}

// An Archive is a number of rows of one step.
type Archive struct {
	Step time.Duration // of whole seconds
	Rows int
	// Max tells to keep the highest of the finest steps next to their average.
	Max bool
}

// Covers is the time that an archive remembers.
func (a Archive) Covers() time.Duration { return a.Step * time.Duration(a.Rows) }

// DefaultConfig is 48 values in steps of 10 seconds for 6 hours, of 5 minutes
// for a week and of an hour for 400 days.
func DefaultConfig() Config {
	return Config{
		Slots: 48,
		Archives: []Archive{
			{Step: 10 * time.Second, Rows: 6 * 360},
			{Step: 5 * time.Minute, Rows: 7 * 288, Max: true},
			{Step: time.Hour, Rows: 400 * 24, Max: true},
		},
	}.withDefaults()
}

// Bounds of a file, also of one that somebody else wrote.
const (
	maxSlots     = 1024
	maxArchives  = 8
	maxRows      = 1 << 20
	maxFileBytes = 1 << 30
	maxStep      = 366 * 24 * time.Hour
	maxHeartbeat = time.Hour
	maxKeyBytes  = 198
	maxNameBytes = 255
	maxIDBytes   = 64
)

func (c Config) withDefaults() Config {
	if c.Slots == 0 {
		c.Slots = 48
	}
	if len(c.Archives) == 0 {
		c.Archives = DefaultConfig().Archives
	}
	c.Archives = sortedArchives(c.Archives)
	if c.Heartbeat == 0 {
		c.Heartbeat = min(3*c.Archives[0].Step, maxHeartbeat)
	}
	return c
}

// Validate tells what cannot be kept. It wants a Config as a user gives it, with
// zeros for defaults.
func (c Config) Validate() error { return c.withDefaults().validate() }

func (c Config) validate() error {
	switch {
	case c.Slots < 1 || c.Slots > maxSlots:
		return fmt.Errorf("history of %d values: 1 to %d can be kept", c.Slots, maxSlots)
	case len(c.Archives) < 1 || len(c.Archives) > maxArchives:
		return fmt.Errorf("history in %d archives: 1 to %d can be kept", len(c.Archives), maxArchives)
	}
	for i, a := range c.Archives {
		if err := a.validate(); err != nil {
			return err
		}
		if i > 0 && a.Step == c.Archives[i-1].Step {
			return fmt.Errorf("history has two archives of step %v: one with more rows does", a.Step)
		}
		if a.Step%c.Archives[0].Step != 0 {
			return fmt.Errorf("history in steps of %v: want a multiple of the finest step, %v", a.Step, c.Archives[0].Step)
		}
	}
	if c.Heartbeat < c.Archives[0].Step || c.Heartbeat > maxHeartbeat {
		return fmt.Errorf("history with a heartbeat of %v: want at least the finest step, %v, and at most %v", c.Heartbeat, c.Archives[0].Step, maxHeartbeat)
	}
	if size := layoutOf(c).size; size > maxFileBytes {
		return fmt.Errorf("history of %d bytes a host: want fewer values or rows, at most %d bytes", size, maxFileBytes)
	}
	return nil
}

func (a Archive) validate() error {
	switch {
	case a.Step < time.Second || a.Step%time.Second != 0 || a.Step > maxStep:
		return fmt.Errorf("history in steps of %v: want whole seconds, at most %v", a.Step, maxStep)
	case a.Rows < 1 || a.Rows > maxRows:
		return fmt.Errorf("history of %d rows: want 1 to %d", a.Rows, maxRows)
	}
	return nil
}

// Size is how long a file of this shape is. Less is taken from the disk until
// each archive has been filled once.
func (c Config) Size() int64 { return layoutOf(c.withDefaults()).size }

// ErrBroken is what errors of files wrap that no version of this package wrote,
// or that were damaged.
var ErrBroken = errors.New("broken history file: remove it, and a new one is begun")
