package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
)

// A child is a running dropwatch.
type child struct {
	command  *exec.Cmd
	out, err buffer
	done     chan struct{} // closed at its end
}

// A buffer is written by the child and read by the test.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// launch starts the program; change may be nil.
func launch(t *testing.T, change func(*exec.Cmd), args ...string) *child {
	t.Helper()
	return launchOther(t, programPath(), change, args...)
}

// launchOther starts another program.
func launchOther(t *testing.T, path string, change func(*exec.Cmd), args ...string) *child {
	t.Helper()
	c := &child{command: exec.Command(path, args...), done: make(chan struct{})}
	c.command.Stdout, c.command.Stderr = &c.out, &c.err
	if change != nil {
		change(c.command)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		_ = c.command.Wait() // the status is looked at later
	}()
	t.Cleanup(func() {
		_ = c.command.Process.Kill()
		<-c.done
	})
	return c
}

// watching starts the program and waits until it counts drops.
func watching(t *testing.T, change func(*exec.Cmd), args ...string) *child {
	t.Helper()
	c := launch(t, change, args...)
	c.attached(t)
	return c
}

// attached waits until a drop program is attached, and returns the ids of all
// programs that the child has attached.
func (c *child) attached(t *testing.T) (ids []ebpf.ProgramID) {
	t.Helper()
	c.until(t, "an attached drop program", func() bool {
		ids = c.programs()
		return len(ids) > 0
	})
	return ids
}

// programs looks into the links that the child holds.
func (c *child) programs() (ids []ebpf.ProgramID) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", c.command.Process.Pid))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), "link_type:") {
			continue
		}
		_, after, _ := strings.Cut(string(text), "prog_id:")
		var id ebpf.ProgramID
		if _, err := fmt.Sscan(after, &id); err != nil || !strings.HasPrefix(programName(id), "kfree_skb_") {
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

func programName(id ebpf.ProgramID) string {
	p, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return ""
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil {
		return ""
	}
	return info.Name
}

// gone waits until the kernel has no program of that id any more. It frees them
// some time after the last user has gone.
func gone(t *testing.T, ids []ebpf.ProgramID) {
	t.Helper()
	eventually(t, fmt.Sprintf("the end of the programs %v", ids), func() bool {
		for _, id := range ids {
			p, err := ebpf.NewProgramFromID(id)
			if err == nil {
				p.Close()
				return false
			}
			if !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
		return true
	})
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// until waits until something is so while the child runs.
func (c *child) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		ended := false
		select {
		case <-c.done:
			ended = !so() // it may have become so just before
			if !ended {
				return
			}
		default:
		}
		if ended || time.Now().After(end) {
			t.Fatalf("waited in vain for %s\noutput: %s\nerrors: %s", what, &c.out, &c.err)
		}
	}
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end and demands an exit status.
func (c *child) wait(t *testing.T, status int) {
	t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		t.Fatalf("%q did not end\noutput: %s\nerrors: %s", c.command.Args, &c.out, &c.err)
	}
	if got := c.command.ProcessState.ExitCode(); got != status {
		t.Fatalf("%q: exit status %d (%v), want %d\noutput: %s\nerrors: %s", c.command.Args[1:], got, c.command.ProcessState, status, &c.out, &c.err)
	}
}

// oneLine demands that standard error is a single line with a text in it.
func (c *child) oneLine(t *testing.T, text string) {
	t.Helper()
	if got := c.err.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, text) {
		t.Errorf("standard error is not one line with %q: %q", text, got)
	}
}
