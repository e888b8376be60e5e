package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A peer is another tool that watches drops, as a process.
type peer struct {
	command *exec.Cmd
	output  bytes.Buffer // of a process that has ended
	ended   chan error
}

func startPeer(command *exec.Cmd) (*peer, error) {
	p := &peer{command: command, ended: make(chan error, 1)}
	command.Stdout, command.Stderr = &p.output, &p.output
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- command.Wait() }()
	return p, nil
}

// poll asks about a process that has started, again and again, until it is
// ready; it gives up after a minute or when the process ends.
func (p *peer) poll(every time.Duration, ready func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	timeout := time.After(patience)
	for {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("%s ended early (%v): %s", p.command.Path, err, bytes.TrimSpace(p.output.Bytes()))
		case <-timeout:
			return fmt.Errorf("%s was not ready in time", p.command.Path)
		case <-tick.C:
			if ok, err := ready(); err != nil || ok {
				return err
			}
		}
	}
}

// interrupt ends the process as Ctrl-C does and returns what it printed.
func (p *peer) interrupt() (string, error) {
	if err := p.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return "", err
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil && !interrupted(p.command.ProcessState) {
			return "", fmt.Errorf("%s: %w: %s", p.command.Path, err, bytes.TrimSpace(p.output.Bytes()))
		}
		return p.output.String(), nil
	case <-time.After(30 * time.Second):
		return "", errors.Join(fmt.Errorf("%s does not end at SIGINT", p.command.Path), p.command.Process.Kill())
	}
}

// interrupted tells whether a process ended by the signal itself, as some do
// after they have cleaned up.
func interrupted(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}
