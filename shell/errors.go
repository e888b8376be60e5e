package shell

import (
	"errors"
	"fmt"
)

// Exit statuses that [Shell.Run] returns. In a script the worst one wins.
const (
	StatusOK     = 0 // every command did its work
	StatusFailed = 1 // a command failed
	StatusUsage  = 2 // a command was unknown or used wrongly
)

// ErrExit is what a command returns, or wraps, to leave the shell. It is no
// failure.
var ErrExit = errors.New("leave the shell")

// A UsageError says that a command was used wrongly. The shell prints the usage
// line of the command after it.
type UsageError struct {
	// Message says what is wrong; it may be empty.
	Message string
}

func (e *UsageError) Error() string {
	if e.Message == "" {
		return "wrong usage"
	}
	return e.Message
}

// Usagef makes a [UsageError] for a command to return.
func Usagef(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// A lineError says that a line could not be understood: no command was run.
type lineError struct {
	message string
}

func (e *lineError) Error() string { return e.message }

func lineErrorf(format string, args ...any) error {
	return &lineError{message: fmt.Sprintf(format, args...)}
}

// statusOf tells which exit status an error stands for.
func statusOf(err error) int {
	if err == nil || errors.Is(err, ErrExit) {
		return StatusOK
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		return StatusUsage
	}
	if _, ok := errors.AsType[*lineError](err); ok {
		return StatusUsage
	}
	return StatusFailed
}
