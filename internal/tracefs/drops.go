package tracefs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// An Event is one dropped buffer.
type Event struct {
	Time     time.Time
	CPU      int
	Location uint64 // return address in the function that dropped
	Reason   uint32 // enum skb_drop_reason, or NoReason
	Protocol uint16 // EtherType in host order; 0 when it was no network packet
}

// Drops is a trace instance that records drops. Its methods may be called from
// one goroutine at a time, except Wake.
type Drops struct {
	dir    string
	format format
	layout pageFormat
	cpus   []cpu
	page   []byte
	most   int // pages that a CPU's buffer can hold
	pause  time.Duration

	idle    func() // called before it waits; may be nil
	woken   chan struct{}
	ended   bool // woken, but Receive has not ended yet
	stopped bool
	closed  bool
	lost    uint64 // when it was closed
}

// Open makes a trace instance and starts it. From its return on, every drop is
// recorded. It also removes instances of processes that were killed.
//
// Errors wrap os.ErrPermission or errors.ErrUnsupported where that is the
// cause. Needs a mounted tracefs (Linux 4.1, CONFIG_EVENT_TRACING) and root or
// CAP_DAC_OVERRIDE.
func Open(config Config) (*Drops, error) {
	root := config.Root
	if root == "" {
		var err error
		if root, err = find(); err != nil {
			return nil, err
		}
	}
	dir, err := makeInstance(root)
	if err != nil {
		return nil, err
	}
	d := &Drops{dir: dir, idle: config.Idle, woken: make(chan struct{}, 1), pause: shortPause}
	if err := d.start(config); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Drops) start(config Config) (err error) {
	if err := d.describe(); err != nil {
		return err
	}
	if d.cpus, err = openCPUs(d.dir); err != nil {
		return err
	}
	buffer := config.bufferBytes(len(d.cpus))
	if err := prepare(d.dir, buffer); err != nil {
		return err
	}
	d.page = make([]byte, d.layout.size())
	// The kernel has a page more than asked for, and a page can come in parts
	// while it is written to.
	d.most = 2 * (int(buffer)/d.layout.data.size + 2)
	if filter := config.filterText(&d.format); filter != "" {
		if err := set(d.dir, event+"/filter", filter); err != nil {
			return err
		}
	}
	return set(d.dir, event+"/enable", "1")
}

// describe learns what pages and records look like.
func (d *Drops) describe() error {
	var texts [3]string
	for i, file := range []string{event + "/format", "events/header_page", "events/header_event"} {
		text, err := os.ReadFile(filepath.Join(d.dir, file))
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read %s: %w: the kernel has no such trace event; CONFIG_EVENT_TRACING is needed", file, errors.ErrUnsupported)
		}
		if err != nil {
			return refused("read "+file, err)
		}
		texts[i] = string(text)
	}
	var err error
	if d.format, err = parseFormat(texts[0]); err != nil {
		return fmt.Errorf("read format of skb:kfree_skb: %w", err)
	}
	if d.layout, err = parsePageFormat(texts[1], texts[2]); err != nil {
		return fmt.Errorf("read format of trace pages: %w", err)
	}
	return nil
}

// Stop ends the recording. What was recorded before can still be received.
func (d *Drops) Stop() error {
	if d.stopped || d.closed {
		return nil
	}
	d.stopped = true
	return set(d.dir, event+"/enable", "0")
}

// Lost returns the number of drops that happened since Open and that Receive
// did not and will not deliver, because the kernel's buffer was full.
func (d *Drops) Lost() (uint64, error) {
	if d.closed {
		return d.lost, nil
	}
	var sum uint64
	for i := range d.cpus {
		lost, err := d.cpus[i].lost()
		if err != nil {
			return 0, err
		}
		sum += lost
	}
	return sum, nil
}

// Close ends the recording and removes the instance. It may be called twice.
func (d *Drops) Close() error {
	if d.closed {
		return nil
	}
	// If it cannot be read any more, nobody can be told.
	d.lost, _ = d.Lost()
	d.closed = true
	closeCPUs(d.cpus) // the kernel removes no instance with open files
	return removeInstance(d.dir)
}
