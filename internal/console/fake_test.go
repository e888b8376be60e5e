package console

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/dropmon"
)

// A fake source delivers one drop each time that it is waited for until the
// deadline, and single packets at once. Then it presses Ctrl-C, if told to.
type fake struct {
	drops   []dropmon.Drop
	packets bool
	ctrlC   bool
	name    string

	mu    sync.Mutex
	woken chan struct{}
}

func (f *fake) Name() string                  { return f.name }
func (f *fake) Tells() dropmon.By             { return dropmon.DefaultBy }
func (f *fake) Notes() []string               { return nil }
func (f *fake) Stop() error                   { return nil }
func (f *fake) Stats() (dropmon.Stats, error) { return dropmon.Stats{}, nil }
func (f *fake) Close() error                  { return nil }
func (f *fake) channel() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.woken == nil {
		f.woken = make(chan struct{}, 1)
	}
	return f.woken
}

func (f *fake) Wake() {
	select {
	case f.channel() <- struct{}{}:
	default:
	}
}

func (f *fake) Receive(deadline time.Time, yield func(*dropmon.Drop)) error {
	for f.packets && len(f.drops) > 0 {
		yield(f.next())
	}
	select {
	case <-f.channel():
		return nil
	case <-time.After(time.Until(deadline)):
	}
	if len(f.drops) > 0 {
		yield(f.next())
		return nil
	}
	if f.ctrlC {
		f.ctrlC = false
		return errors.Join(unix.Kill(os.Getpid(), unix.SIGINT))
	}
	return nil
}

func (f *fake) next() *dropmon.Drop {
	d := f.drops[0]
	f.drops = f.drops[1:]
	return &d
}
