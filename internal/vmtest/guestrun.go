package vmtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lateOutput is how long output is waited for after the program has ended,
// when others still hold its pipes.
const lateOutput = time.Second

// runOrder runs the program and returns its exit status as a shell counts it.
func runOrder(o order, sender *frameSender) (int, error) {
	if o.Dir == "" {
		o.Dir = "/"
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return 0, err
	}
	if err := os.Chdir(o.Dir); err != nil {
		return 0, err
	}
	program, err := exec.LookPath(o.Args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return 0, err
	}
	return runProgram(program, o, sender)
}

func runProgram(program string, o order, sender *frameSender) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	files := []uintptr{null.Fd()}
	var ours, theirs []*os.File
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		ours, theirs = append(ours, r), append(theirs, w)
		files = append(files, w.Fd())
	}
	pid, err := syscall.ForkExec(program, o.Args, &syscall.ProcAttr{
		Env: o.Env, Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", program, err)
	}
	var copying sync.WaitGroup
	for i, kind := range []frameKind{frameStdout, frameStderr} {
		theirs[i].Close()
		copying.Go(func() { sender.copy(kind, ours[i]) })
	}
	status, err := waitFor(pid)
	// a daemon that the program left behind may never close the pipes
	late := time.AfterFunc(lateOutput, func() {
		for _, r := range ours {
			r.Close()
		}
	})
	copying.Wait()
	late.Stop()
	return status, err
}

// waitFor collects every process that ends, as the first process must, until
// the given one does.
func waitFor(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("wait for program: %w", err)
		}
		if ended != pid {
			continue
		}
		if status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return status.ExitStatus(), nil
	}
}

// prepareSystem does what a distribution does at boot.
func prepareSystem() error {
	os.Clearenv()
	for _, setting := range environment() {
		name, value, _ := strings.Cut(setting, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if _, err := output(exec.Command("ip", "link", "set", "lo", "up")); err != nil {
		return err
	}
	return syscall.Sethostname([]byte("vmtest"))
}

// environment is what every program in a guest sees.
func environment() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "TMPDIR=/tmp", "LANG=C.UTF-8", "TERM=dumb",
		"VMTEST=1", "DROPWATCH_CI=1",
	}
}
