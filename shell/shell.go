package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// A Config says how a shell looks and where it reads and writes. Only Commands
// is required.
type Config struct {
	// Prompt is shown before each line on a terminal, such as "tool> ". It is
	// one line.
	Prompt string
	// Commands is the command table. A help command is added at its end unless
	// it has one.
	Commands []Command
	// In is where lines come from; nil means standard input. Only a read from
	// an *os.File can be ended by Ctrl-C or the end of the context; the shell
	// does not close it.
	In io.Reader
	// Out and Err are for results and for errors; nil means standard output and
	// standard error.
	Out, Err io.Writer
	// Script reads plain lines even when In and Out are terminals.
	Script bool
	// EchoPrompt makes a script print the prompt and each line before it runs,
	// so that the output looks like a session at a terminal.
	EchoPrompt bool
	// StopOnError ends a script at the first line that fails.
	StopOnError bool
	// HistoryFile keeps the lines typed at a terminal; empty means that they
	// are forgotten at the end. See [HistoryPath].
	HistoryFile string
	// OnInterrupt, if not nil, is called at Ctrl-C that ends no command, at a
	// terminal, for example to end work in the background.
	OnInterrupt func(*Session)
	// OnEOF, if not nil, is called when the input ends before a command left
	// the shell.
	OnEOF func(*Session)
}

// A Shell reads lines and runs the commands they name.
type Shell struct {
	config   Config
	commands []Command
	screen   *screen
	session  *Session

	unanswered atomic.Bool // Ctrl-C came and ended no command

	mu      sync.Mutex
	cancel  context.CancelFunc // ends the command that runs; nil when none does
	waiting *input             // a script's input
}

// New makes a shell. It fails when the command table has mistakes.
func New(config Config) (*Shell, error) {
	commands := withHelp(config.Commands)
	if err := checkTable(commands, ""); err != nil {
		return nil, err
	}
	if strings.ContainsAny(config.Prompt, "\r\n") {
		return nil, errors.New("check prompt: it is more than one line")
	}
	if config.In == nil {
		config.In = os.Stdin
	}
	if config.Out == nil {
		config.Out = os.Stdout
	}
	if config.Err == nil {
		config.Err = os.Stderr
	}
	s := &Shell{config: config, commands: commands, screen: newScreen()}
	s.session = &Session{
		Out:         s.screen.stream(config.Out),
		Err:         s.screen.stream(config.Err),
		interactive: !config.Script && isTerminal(fdOf(config.In)) && isTerminal(fdOf(config.Out)),
	}
	if s.session.interactive {
		s.screen.terminal = config.Out
	}
	return s, nil
}

// Session returns the session that commands get, for work that is started
// before the first command.
func (s *Shell) Session() *Session { return s.session }

// Run reads and runs lines until the input ends, a command returns [ErrExit] or
// the context ends. It must be called only once.
//
// The status is one of [StatusOK], [StatusFailed] and [StatusUsage]. On a
// terminal it is always StatusOK, because the user has seen what failed. The
// error tells that the shell itself could not work.
//
// SIGINT ends the context of the command that runs, and nothing else; a script
// that waits for its next line ends. The signal is left alone when the process
// was started with it ignored. The context given to Run should therefore not
// end with SIGINT.
func (s *Shell) Run(ctx context.Context) (int, error) {
	if s.session.interactive {
		return StatusOK, s.runPrompt(ctx)
	}
	return s.runScript(ctx)
}

// atInterrupt tells the caller of a Ctrl-C that ended no command.
func (s *Shell) atInterrupt() {
	if s.config.OnInterrupt != nil {
		s.config.OnInterrupt(s.session)
	}
}

// atEOF tells the caller that the input has ended.
func (s *Shell) atEOF() {
	if s.config.OnEOF != nil {
		s.config.OnEOF(s.session)
	}
}
