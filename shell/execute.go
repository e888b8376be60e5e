package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// execute runs one line and tells on the error output what went wrong; where
// names the place of the line in a script. It returns the error.
func (s *Shell) execute(ctx context.Context, line, where string) error {
	if isComment(line) {
		return nil
	}
	var c call
	err := errLongLine
	if len(line) <= maxLine {
		c, err = resolve(s.commands, line)
	}
	if err == nil {
		err = s.call(ctx, c)
	}
	if err != nil && !errors.Is(err, ErrExit) {
		s.report(c, err, where)
	}
	return err
}

// call runs a command.
func (s *Shell) call(ctx context.Context, c call) error {
	switch {
	case c.command.Run == nil:
		return Usagef("what comes next is missing")
	case len(c.args) > 0 && c.command.Args == "" && !c.command.Raw:
		return Usagef("takes no arguments")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.setRunning(cancel)
	defer s.setRunning(nil)
	err := c.command.Run(ctx, s.session, c.args)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		s.unanswered.Store(false)
		return nil // it was told to end and did
	}
	return err
}

// setRunning notes what Ctrl-C has to end.
func (s *Shell) setRunning(cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = cancel
	if s.waiting != nil {
		s.waiting.interrupted.Store(false) // an old Ctrl-C is not for what comes
	}
}

// interrupt handles SIGINT.
func (s *Shell) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.cancel != nil:
		s.unanswered.Store(true)
		s.cancel()
	case s.waiting != nil:
		s.waiting.interrupt()
	default:
		s.unanswered.Store(true)
	}
}

// report writes one line for an error, and the usage line if that helps.
func (s *Shell) report(c call, err error, where string) {
	text := err.Error()
	if _, ok := errors.AsType[*lineError](err); !ok && c.path != "" {
		text = c.path + ": " + text
	}
	if where != "" {
		text = where + ": " + text
	}
	text = strings.TrimRight(text, "\n") + "\n"
	if _, ok := errors.AsType[*UsageError](err); ok && c.command != nil {
		text += "usage: " + usage(c.command, c.path) + "\n"
	}
	fmt.Fprint(s.session.Err, text)
}
