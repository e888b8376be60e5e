package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// attachPerf records every drop to a file. It is ready when it answers on its
// control pipe, which it reads only after its events are on.
func attachPerf(_ context.Context, dir string) (detach, error) {
	commands, control, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answer, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, commands.Close(), control.Close())
	}
	file := filepath.Join(dir, "perf.data")
	command := exec.Command("perf", "record", "-e", "skb:kfree_skb", "-a", "-o", file, "--control", "fd:3,4")
	command.ExtraFiles = []*os.File{commands, answers}
	p, err := startPeer(command)
	if err := errors.Join(err, commands.Close(), answers.Close()); err != nil {
		return nil, errors.Join(err, control.Close(), answer.Close())
	}
	stop := func() error {
		_, err := p.interrupt()
		// not earlier: perf fails if the pipe is closed while it runs
		return errors.Join(err, control.Close(), answer.Close())
	}
	if err := ping(control, answer); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for perf: %w", err), stop())
	}
	return func() (uint64, error) {
		return 0, errors.Join(stop(), os.Remove(file))
	}, nil
}

func ping(control, answer *os.File) error {
	if err := answer.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := control.WriteString("ping\n"); err != nil {
		return err
	}
	_, err := answer.Read(make([]byte, 16))
	return err
}
