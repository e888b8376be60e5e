package action

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"dropwatch/internal/alert"
)

// command runs a program.
type command struct{ args []string }

const (
	// usualPath is for an agent that was started without PATH.
	usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	// maxOutput is how much of what a program writes is kept, in bytes.
	maxOutput = 1 << 10
	// lingerFor is how long its output is read when the program has ended and
	// others hold on to it.
	lingerFor = time.Second
)

// deliver waits until the program has ended. With the context the program and
// all of its process group are killed. It is not run again: it may have done half
// of its work.
func (c *command) deliver(ctx context.Context, e *alert.Event) (bool, error) {
	document, err := e.JSON()
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, c.args[0], arguments(c.args[1:], e)...)
	cmd.Env = environment(cmp.Or(os.Getenv("PATH"), usualPath), e)
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(document)
	output := new(head)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = lingerFor
	err = cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it left something running, and that is its right
		return false, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = errors.New("took too long and was killed")
	}
	return false, fmt.Errorf("%s: %w%s", c.args[0], bare(err), output)
}

// bare takes off the path, which is told anyway.
func bare(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (c *command) close() error { return nil }

// A head keeps the beginning of what is written to it.
type head struct {
	b    []byte
	more bool
}

func (h *head) Write(b []byte) (int, error) {
	n := min(len(b), maxOutput-len(h.b))
	h.b = append(h.b, b[:n]...)
	h.more = h.more || n < len(b)
	return len(b), nil
}

// String is a remark for behind an error, or nothing.
func (h *head) String() string {
	text := strings.TrimSpace(string(h.b))
	if h.more {
		text += "..."
	}
	if text == "" {
		return ""
	}
	return "; it wrote: " + text
}
