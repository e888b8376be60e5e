package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"dropwatch/internal/netdm"
)

// A watch is a watcher at work.
type watch struct {
	watcher
	tally
	command     *exec.Cmd
	input       io.WriteCloser // nil if it reads none
	out, errors *transcript
	terminal    *terminal // nil if it writes to a file
	ended       chan error
}

// begin starts a watcher and waits until the monitor is on.
func (w watcher) begin(ctx context.Context, monitor *netdm.Client) (_ *watch, err error) {
	run := &watch{watcher: w, ended: make(chan error, 1)}
	run.packets, run.places = make(map[int]int), make(map[string]int)
	if run.out, err = newTranscript(); err != nil {
		return nil, err
	}
	if run.errors, err = newTranscript(); err != nil {
		return nil, err
	}
	run.command = exec.Command(w.args[0], w.args[1:]...)
	run.command.Stdout, run.command.Stderr = run.out.file, run.errors.file
	if w.terminal {
		if run.terminal, err = newTerminal(run.out.file); err != nil {
			return nil, err
		}
		run.command.Stdout = run.terminal.programs
	}
	if w.script != "" {
		if run.input, err = run.command.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := run.command.Start(); err != nil {
		return nil, err
	}
	go func() { run.ended <- run.command.Wait() }()
	if run.terminal != nil {
		if err := run.terminal.started(); err != nil {
			return nil, err
		}
	}
	if run.input != nil {
		if _, err := io.WriteString(run.input, w.script); err != nil {
			return nil, err
		}
	}
	return run, run.on(ctx, monitor)
}

// on waits until the monitor is on.
func (w *watch) on(ctx context.Context, monitor *netdm.Client) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for {
		state, err := monitor.State()
		if err != nil || state == netdm.Foreign {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.ended:
			w.ended <- err
			return w.failure(fmt.Errorf("it ended early: %w", err))
		case <-timeout:
			return w.failure(errors.New("the drop monitor is not on"))
		case <-tick.C:
		}
	}
}

// failure is an error with what the program wrote.
func (w *watch) failure(err error) error {
	var text bytes.Buffer
	for _, t := range []*transcript{w.errors, w.out} {
		_ = t.lines(func(line []byte) {
			if text.Len() < 1000 {
				fmt.Fprintf(&text, "\n%s", line)
			}
		})
	}
	return fmt.Errorf("%s: %w%s", w.name, err, text.Bytes())
}

// count reads what is new.
func (w *watch) count() error {
	for _, t := range []*transcript{w.out, w.errors} {
		if err := t.lines(func(line []byte) { w.line(&w.tally, line) }); err != nil {
			return fmt.Errorf("read output of %s: %w", w.name, err)
		}
	}
	return nil
}

// end stops the watcher as a user does, and counts the last it has written.
func (w *watch) end() error {
	if err := w.command.Process.Signal(os.Interrupt); err != nil {
		return w.failure(err)
	}
	if w.input != nil {
		// The C program may be gone by now; the script is over in any case.
		_, _ = io.WriteString(w.input, "exit\n")
		_ = w.input.Close()
	}
	var failed error
	select {
	case err := <-w.ended:
		if err != nil && !interrupted(w.command.ProcessState) {
			failed = w.failure(err)
		}
	case <-time.After(patience):
		failed = errors.Join(w.failure(errors.New("it does not end")), w.command.Process.Kill())
		<-w.ended
	}
	if w.terminal != nil {
		failed = errors.Join(failed, w.terminal.close())
	}
	return errors.Join(failed, w.count(), w.out.close(), w.errors.close())
}
