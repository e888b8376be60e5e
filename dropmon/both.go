package dropmon

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// both watches software drops with one source and hardware drops with another,
// so that no drop is counted twice.
type both struct {
	software, hardware Source

	mu sync.Mutex // one at a time calls the user's functions
}

func openBoth(config Config) (Source, error) {
	if config.Origins != 0 && config.Origins != SoftwareDrops|HardwareDrops {
		return nil, errors.New("source ebpf+netdm: it is for software and hardware drops; use source ebpf or netdm for one of them")
	}
	b := new(both)
	if idle := config.Idle; idle != nil {
		config.Idle = func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			idle()
		}
	}
	config.Origins = SoftwareDrops
	software, err := openEBPF(config)
	if err != nil {
		return nil, err
	}
	config.Origins, config.Coarse = HardwareDrops, false
	config.Restrict = Restriction{}
	hardware, err := openNetDM(config)
	if err != nil {
		return nil, errors.Join(err, software.Close())
	}
	b.software, b.hardware = software, hardware
	return b, nil
}

func (b *both) Name() string    { return b.software.Name() + "+" + b.hardware.Name() }
func (b *both) Tells() By       { return b.software.Tells() }
func (b *both) Notes() []string { return append(b.software.Notes(), b.hardware.Notes()...) }

func (b *both) Wake() {
	b.software.Wake()
	b.hardware.Wake()
}

// Receive waits for both. Whichever ends early, for an error or a Wake, ends
// the other.
func (b *both) Receive(deadline time.Time, yield func(*Drop)) error {
	one := func(d *Drop) {
		b.mu.Lock()
		defer b.mu.Unlock()
		yield(d)
	}
	done := make(chan error, 1)
	go func() {
		err := b.hardware.Receive(deadline, one)
		if err != nil {
			b.software.Wake()
		}
		done <- err
	}()
	err := b.software.Receive(deadline, one)
	if err != nil {
		b.hardware.Wake()
	}
	return errors.Join(err, <-done)
}

func (b *both) Stop() error { return errors.Join(b.software.Stop(), b.hardware.Stop()) }

func (b *both) Stats() (Stats, error) {
	s, err := b.software.Stats()
	if err != nil {
		return Stats{}, err
	}
	h, err := b.hardware.Stats()
	if err != nil {
		return Stats{}, fmt.Errorf("hardware drops: %w", err)
	}
	return Stats{
		Unseen:         s.Unseen + h.Unseen,
		PacketsLost:    s.PacketsLost + h.PacketsLost,
		PacketsLimited: s.PacketsLimited + h.PacketsLimited,
		Unkeyed:        s.Unkeyed + h.Unkeyed,
		Undecided:      s.Undecided + h.Undecided,
		AtLeast:        s.AtLeast || h.AtLeast,
	}, nil
}

func (b *both) Close() error { return errors.Join(b.software.Close(), b.hardware.Close()) }
