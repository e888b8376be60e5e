package shell

import (
	"context"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// handleSignals lets SIGINT end commands until release is called, and tells a
// prompt when its terminal has changed. The prompt may be nil.
func (s *Shell) handleSignals(p *prompt) (release func()) {
	signals := make(chan os.Signal, 4)
	if !signal.Ignored(unix.SIGINT) {
		signal.Notify(signals, unix.SIGINT)
	}
	if p != nil {
		signal.Notify(signals, unix.SIGWINCH, unix.SIGCONT)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for sig := range signals {
			switch sig {
			case unix.SIGINT:
				s.interrupt()
				if p != nil {
					p.in.poke()
				}
			case unix.SIGWINCH:
				p.resize()
			case unix.SIGCONT:
				p.resume()
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(signals)
		wg.Wait()
	}
}

// onDone calls f when the context ends. After release has returned f is not
// called and does not run.
func onDone(ctx context.Context, f func()) (release func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		f()
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}
