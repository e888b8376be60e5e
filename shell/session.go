package shell

import (
	"fmt"
	"io"
)

// A Session is what a command knows of the shell that runs it. It may be used
// from any goroutine, also after the command has returned; after [Shell.Run]
// has returned it writes straight through.
//
// While the prompt is shown, whole lines appear above it at once; a line that
// has no end yet waits for its end or for the prompt to go. A write may wait
// while a lot of output is pending.
type Session struct {
	Out io.Writer // results
	Err io.Writer // errors and warnings

	interactive bool
}

// Interactive tells whether somebody sits at a terminal, as opposed to a script.
func (s *Session) Interactive() bool { return s.interactive }

// Write writes to Out.
func (s *Session) Write(p []byte) (int, error) { return s.Out.Write(p) }

// Print writes to Out in the manner of [fmt.Print], in one piece.
func (s *Session) Print(a ...any) { fmt.Fprint(s.Out, a...) }

// Printf writes to Out in the manner of [fmt.Printf], in one piece.
func (s *Session) Printf(format string, a ...any) { fmt.Fprintf(s.Out, format, a...) }
