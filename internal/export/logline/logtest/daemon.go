package logtest

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Daemon is a program that a test runs. It ends with the test.
type Daemon struct {
	t       *testing.T
	args    []string
	env     []string
	ready   func() bool
	cmd     *exec.Cmd
	ended   chan struct{}
	output  bytes.Buffer
	writing sync.Mutex
}

// NewDaemon describes a program and tells how to see that it is ready. It does not
// start it.
func NewDaemon(t *testing.T, env []string, ready func() bool, args ...string) *Daemon {
	d := &Daemon{t: t, args: args, env: env, ready: ready}
	t.Cleanup(func() {
		if d.cmd != nil {
			d.Kill()
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", args[0], d.output.Bytes())
		}
	})
	return d
}

// Write takes what the program says.
func (d *Daemon) Write(b []byte) (int, error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.output.Len() > 64<<10 {
		return len(b), nil
	}
	return d.output.Write(b)
}

// Start starts the program and waits until it is ready.
func (d *Daemon) Start() {
	d.t.Helper()
	d.cmd = exec.Command(d.args[0], d.args[1:]...)
	d.cmd.Env = append(os.Environ(), d.env...)
	d.cmd.Stdout, d.cmd.Stderr = d, d
	// If the test dies, so does the program.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatalf("start %s: %v", d.args[0], err)
	}
	d.ended = make(chan struct{})
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // killed, as a rule
	}()
	WaitFor(d.t, d.args[0]+" to be ready", func() bool {
		select {
		case <-d.ended:
			d.t.Fatalf("%s has ended: %v\n%s", d.args[0], d.cmd.ProcessState, d.output.Bytes())
		default:
		}
		return d.ready()
	})
}

// PID is the process of the program, which is the one that was started.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Down tells whether the program was ended.
func (d *Daemon) Down() bool { return d.cmd == nil }

// Signal sends a signal to the program.
func (d *Daemon) Signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Errorf("signal %s: %v", d.args[0], err)
	}
}

// Kill ends the program at once.
func (d *Daemon) Kill() { d.end(syscall.SIGKILL) }

// Stop has the program end itself.
func (d *Daemon) Stop() { d.end(syscall.SIGTERM) }

func (d *Daemon) end(s syscall.Signal) {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Signal(s) // it may have ended
	select {
	case <-d.ended:
	case <-time.After(5 * time.Second):
		d.t.Errorf("%s does not end", d.args[0])
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
	d.cmd = nil
}

// WaitFor waits until something is so, and fails the test if that takes long.
func WaitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
