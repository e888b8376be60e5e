package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// runScript runs plain lines.
func (s *Shell) runScript(ctx context.Context) (int, error) {
	r := s.config.In
	if file, ok := r.(*os.File); ok {
		in, err := newInput(file)
		if err != nil {
			return StatusFailed, err
		}
		defer in.close()
		defer s.wait(nil)
		s.wait(in)
		release := onDone(ctx, in.stop)
		defer release()
		r = in
	}
	release := s.handleSignals(nil)
	defer release()
	return s.runLines(ctx, newLines(r))
}

// wait notes the input that Ctrl-C ends when no command runs.
func (s *Shell) wait(in *input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = in
}

func (s *Shell) runLines(ctx context.Context, l *lines) (int, error) {
	status := StatusOK
	for ctx.Err() == nil {
		line, err := l.next()
		where := fmt.Sprintf("line %d", l.number)
		switch {
		case ctx.Err() != nil:
			return status, nil
		case err == nil:
			if s.config.EchoPrompt {
				s.session.Printf("%s%s\n", s.config.Prompt, line)
			}
			err = s.execute(ctx, line, where)
		case errors.Is(err, io.EOF):
			s.atEOF()
			return status, nil
		case errors.Is(err, errLongLine):
			s.report(call{}, err, where)
		case errors.Is(err, errInterrupted):
			return max(status, StatusFailed), nil
		default:
			return max(status, StatusFailed), err
		}
		status = max(status, statusOf(err))
		if errors.Is(err, ErrExit) || (err != nil && s.config.StopOnError) {
			return status, nil
		}
	}
	return status, nil
}
