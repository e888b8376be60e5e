package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/chzyer/readline"
)

// A prompt reads lines from a terminal through the line editor.
//
// The editor works in goroutines of its own. Everything that must not happen
// beside them is done by filter, which the editor calls between two keys.
type prompt struct {
	shell   *Shell
	tty     *tty
	in      *input
	keys    *keys
	editor  *readline.Instance
	history *history
	over    bool // the editor has seen the end of the input and said so

	lineLen  atomic.Int64 // characters in the line
	resized  atomic.Bool
	setWidth func() // tells the editor to ask for the width
}

// runPrompt runs lines typed at a terminal.
func (s *Shell) runPrompt(ctx context.Context) error {
	p, err := s.newPrompt()
	if err != nil {
		return err
	}
	defer p.in.close()
	release := s.handleSignals(p)
	defer release()
	releaseStop := onDone(ctx, p.in.stop)
	defer releaseStop()
	defer p.close()
	for {
		// Ctrl-C that came between two commands, or that the command did not
		// heed, is for what works in the background.
		if s.unanswered.Swap(false) {
			s.atInterrupt()
		}
		line, err := p.read()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, readline.ErrInterrupt):
			s.atInterrupt()
			continue
		case err != nil, p.keys.ended.Load():
			// A line that the end of the input cut short is not run.
			s.atEOF()
			return nil
		}
		p.remember(line)
		if errors.Is(s.execute(ctx, line, ""), ErrExit) {
			return nil
		}
	}
}

func (s *Shell) newPrompt() (*prompt, error) {
	in, err := newInput(s.config.In.(*os.File))
	if err != nil {
		return nil, err
	}
	p := &prompt{
		shell: s, in: in, keys: &keys{in: in},
		tty: &tty{in: in.fd, out: fdOf(s.config.Out)},
	}
	s.screen.ask = in.poke
	p.history = s.openHistory()
	p.editor, err = readline.NewEx(&readline.Config{
		Prompt: s.config.Prompt,
		Stdin:  p.keys, Stdout: drawing{s.screen}, Stderr: drawing{s.screen},
		// The file is the shell's: the editor's own is readable by everybody.
		HistoryLimit: maxHistory + 1, DisableAutoSaveHistory: true,
		AutoComplete:    completer{p},
		InterruptPrompt: "\n", EOFPrompt: "\n",
		FuncFilterInputRune: p.filter,
		Listener:            readline.FuncListener(p.changed),
		FuncGetWidth:        p.tty.width,
		FuncOnWidthChanged:  func(f func()) { p.setWidth = f },
		FuncIsTerminal:      func() bool { return true },
		FuncMakeRaw:         p.tty.makeRaw,
		FuncExitRaw:         p.tty.restore,
		ForceUseInteractive: true,
	})
	if err != nil {
		in.close()
		return nil, fmt.Errorf("open line editor: %w", err)
	}
	for _, line := range p.history.lines {
		_ = p.editor.SaveHistory(line)
	}
	return p, nil
}

// read shows the prompt and returns the line that is typed. Its error is
// readline.ErrInterrupt or io.EOF.
func (p *prompt) read() (string, error) {
	p.shell.screen.beginEdit()
	defer p.shell.screen.endEdit()
	return p.readLine()
}

// readLine lets the line editor read, and notes when its goroutines have ended.
func (p *prompt) readLine() (string, error) {
	line, err := p.editor.Readline()
	p.over = err == io.EOF && p.keys.ended.Load()
	return line, err
}

// remember puts a line into the history, or resets the editor's place in it.
func (p *prompt) remember(line string) {
	if !p.history.wants(line) {
		if len(p.history.lines) > 0 {
			_ = p.editor.SaveHistory("") // only goes back to the newest line
		}
		return
	}
	_ = p.editor.SaveHistory(line)
	if err := p.history.add(line); err != nil {
		fmt.Fprintf(p.shell.session.Err, "history is not kept: %v\n", err)
	}
}

// filter sees each key before the editor does. Refusing a key is allowed for
// the poke key only; see pokeKey.
func (p *prompt) filter(r rune) (rune, bool) {
	switch r {
	case pokeKey:
		return p.poked()
	case readline.CharBckSearch, readline.CharFwdSearch:
		if len(p.history.lines) == 0 {
			return readline.CharBell, true // the editor would crash
		}
	}
	if !edits(r) {
		return readline.CharBell, true
	}
	return r, true
}

// poked does what waits for the editor, which then draws the prompt again.
func (p *prompt) poked() (rune, bool) {
	if p.resized.Swap(false) {
		p.setWidth()
	}
	p.shell.screen.flush(p.editor.Clean)
	if p.shell.unanswered.Swap(false) {
		return readline.CharInterrupt, true // came before the keys were ours
	}
	if p.keys.deletes.Load() > 0 {
		p.keys.deletes.Add(-1)
		if p.lineLen.Load() > 0 {
			return readline.CharDelete, true
		}
	}
	return 0, false
}

// changed hears of each change of the line and changes nothing.
func (p *prompt) changed(line []rune, _ int, _ rune) ([]rune, int, bool) {
	p.lineLen.Store(int64(len(line)))
	return nil, 0, false
}

// resize notes that the terminal has another width.
func (p *prompt) resize() {
	p.resized.Store(true)
	p.in.poke()
}

// resume shows the prompt again after the process was stopped.
func (p *prompt) resume() {
	p.tty.resume()
	p.resize()
}

// close ends the line editor and its goroutines. They end only when they see
// the end of the input while somebody waits for a line, and closing the editor
// before that would leave one of them behind.
func (p *prompt) close() {
	p.in.stop()
	p.shell.screen.mute()
	for !p.over {
		_, _ = p.readLine() // may give what was typed ahead
	}
	_ = p.editor.Close()
}

// completer answers the Tab key.
type completer struct{ p *prompt }

// Do returns what to insert at the cursor. Choices it shows itself: the
// editor's menu would swallow the keys that follow, and crashes when a choice
// is wider than the terminal.
func (c completer) Do(line []rune, pos int) ([][]rune, int) {
	p := c.p
	got := complete(p.shell.commands, string(line[:pos]))
	if got.insert != "" {
		return [][]rune{[]rune(got.insert)}, 0
	}
	if len(got.choices) > 0 {
		p.shell.screen.show(p.editor.Clean, columns(got.choices, p.tty.width()-1))
		p.editor.Refresh()
	}
	return nil, 0
}
