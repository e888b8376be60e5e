package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A terminal copies what a program writes to it into a file.
type terminal struct {
	ours, programs *os.File
	done           chan struct{}
}

func newTerminal(to io.Writer) (*terminal, error) {
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("make terminal: %w", err)
	}
	programs, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		ours.Close()
		return nil, err
	}
	t := &terminal{ours: ours, programs: programs, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		// ends with an error when the last program has closed its end
		_, _ = io.Copy(to, ours)
	}()
	return t, nil
}

// started closes our copy of the program's end.
func (t *terminal) started() error { return t.programs.Close() }

// close waits for the last output of a program that has ended.
func (t *terminal) close() error {
	<-t.done
	return t.ours.Close()
}
