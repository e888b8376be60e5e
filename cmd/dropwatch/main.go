// Command dropwatch tells which packets this host lost, where in the kernel,
// why, whose they were and what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
)

// Exit statuses.
const (
	statusDone      = 0
	statusFailed    = 1
	statusUsage     = 2
	statusThreshold = 3
)

func main() {
	os.Exit(run(arguments(os.Args), os.Stdin, os.Stdout, os.Stderr))
}

// arguments are those after the program's name. Some names of links to it stand
// for a command.
func arguments(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	if filepath.Base(argv[0]) == "dwdump" {
		return append([]string{"dwdump"}, argv[1:]...)
	}
	return dwdumpArguments(argv[1:])
}

func run(args []string, in *os.File, out, errors io.Writer) int {
	output := &checkedWriter{w: out}
	if !terminal(out) {
		out = output
	}
	root := newRoot(in, out, errors)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errors)
	err := root.ExecuteContext(context.Background())
	if err == nil && output.err != nil {
		err = fmt.Errorf("write output: %w", output.err)
	}
	return exitStatus(err, errors)
}

// A checkedWriter remembers that something could not be written, because help
// and the lines of the shell are printed without looking at errors.
type checkedWriter struct {
	w   io.Writer
	mu  sync.Mutex // the shell's commands print while a watch does
	err error      // the first
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.w.Write(p)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// A usageError is a mistake on the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// A statusError ends the program with a status and says nothing more: the
// command has said it already.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// exitStatus prints an error in one line and chooses the exit status.
func exitStatus(err error, w io.Writer) int {
	var status statusError
	var usage usageError
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		fmt.Fprintf(w, "dropwatch: %s\n", oneLine(err))
		return statusUsage
	}
	fmt.Fprintf(w, "dropwatch: %s\n", oneLine(err))
	return statusFailed
}

func oneLine(err error) string {
	text := []byte(err.Error())
	for i, c := range text {
		if c == '\n' {
			text[i] = ';'
		}
	}
	return string(text)
}

// interruptible ends the context at Ctrl-C and SIGTERM. A second Ctrl-C kills,
// because the signals are then no longer caught.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
