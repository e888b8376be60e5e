package vmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// A Machine is the shape of a guest. The zero value is the newest kernel with
// 512 MiB and one processor, for at most 5 minutes.
type Machine struct {
	Kernel  string // name in [Kernels]; empty: "newest"
	Cache   string // directory; empty: see [CacheDir]
	MiB     int
	CPUs    int
	Timeout time.Duration // of everything, booting included
}

// A Failure is a run that gave no exit status: the kernel died, time was up, or
// the program could not be started.
type Failure struct {
	Err     error
	Console string // the last lines that the kernel wrote
}

func (f *Failure) Error() string {
	return fmt.Sprintf("run guest: %v; its console ends with:\n%s", f.Err, f.Console)
}

func (f *Failure) Unwrap() error { return f.Err }

// Causes of a [Failure].
var (
	ErrTimeout   = errors.New("time is up")
	ErrDied      = errors.New("the kernel ended without a result")
	ErrNoProgram = errors.New("the program was not started")
)

func (m Machine) withDefaults() Machine {
	if m.Kernel == "" {
		m.Kernel = "newest"
	}
	if m.MiB == 0 {
		m.MiB = 512
	}
	if m.CPUs == 0 {
		m.CPUs = 1
	}
	if m.Timeout == 0 {
		m.Timeout = 5 * time.Minute
	}
	return m
}

// Run boots the machine, does the job and returns the exit status of its
// program: 128 and the signal if one ended it. What the program writes goes to
// stdout and stderr as it comes. It blocks until the machine is off; the end of
// ctx switches it off. A run without an exit status is a [*Failure].
func (m Machine) Run(ctx context.Context, j Job, stdout, stderr io.Writer) (int, error) {
	m = m.withDefaults()
	kernel, err := Find(m.Kernel)
	if err != nil {
		return 0, err
	}
	dir, err := kernel.directory(m.Cache)
	if err != nil {
		return 0, err
	}
	modules, err := kernel.modules(dir)
	if err != nil {
		return 0, fmt.Errorf("%w; fetch kernel %s first", err, kernel.Name)
	}
	work, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return 0, fmt.Errorf("make work directory: %w", err)
	}
	defer os.RemoveAll(work)
	if err := j.writeImage(filepath.Join(work, "initrd"), modules); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	console := filepath.Join(work, "console")
	result, err := m.boot(ctx, filepath.Join(dir, bootFile), work, newReceiver(j.Back, stdout, stderr))
	if err != nil {
		return 0, err
	}
	return result.status(ctx, console)
}

// boot runs qemu until the guest is off.
func (m Machine) boot(ctx context.Context, kernel, work string, r *receiver) (*receiver, error) {
	// qemu must not outlive this process, nor end with a thread of it
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", m.arguments(kernel, work)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start qemu: %w", err)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start qemu: %w; install it with: apt-get install qemu-system-x86", err)
	}
	r.err = r.receive(pipe)
	// what qemu still writes after a damaged frame must not block it
	_, copied := io.Copy(io.Discard, pipe)
	waited := cmd.Wait()
	if err := errors.Join(copied, waited); err != nil && ctx.Err() == nil && !r.done {
		return nil, fmt.Errorf("run qemu: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	return r, nil
}

// arguments are those of qemu. A processor with few features is the fastest to
// emulate: what newer ones do for safety or speed costs more than it brings.
// With cmpxchg16b the emulation breaks newer kernels now and then (seen with
// 7.2). With addresses that change
// from process to process it translates each program anew, and starting one
// takes several times as long. On a busy host the kernel's check of the timer
// fails for want of time, so it is left out.
func (m Machine) arguments(kernel, work string) []string {
	return []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none",
		"-machine", "pc,accel=tcg", "-cpu", "qemu64,-cx16",
		"-smp", strconv.Itoa(m.CPUs), "-m", strconv.Itoa(m.MiB),
		"-kernel", kernel, "-initrd", filepath.Join(work, "initrd"),
		"-append", "console=ttyS0 loglevel=4 panic=-1 oops=panic cryptomgr.notests net.ifnames=0 norandmaps no_timer_check",
		"-serial", "file:" + filepath.Join(work, "console"),
		"-chardev", "stdio,id=frames,signal=off", "-serial", "chardev:frames",
	}
}

// modules are the archives of modules that a guest of this kernel gets, a later
// one replacing files of an earlier one.
func (k Kernel) modules(dir string) ([]string, error) {
	kernel, err := kernelPart().load(dir)
	if err != nil {
		return nil, err
	}
	archives := []string{filepath.Join(dir, modulesFile)}
	if !k.simulates() {
		return archives, nil
	}
	simulator, err := simulatorPart().load(dir)
	if err != nil {
		return nil, err
	}
	return append(archives, filepath.Join(dir, simulatorFile)), simulator.fits(kernel)
}

// writeImage writes the initial file system: the modules, then everything else.
func (j Job) writeImage(name string, modules []string) error {
	var image []byte
	for _, archive := range modules {
		data, err := os.ReadFile(archive)
		if err != nil {
			return fmt.Errorf("read modules: %w", err)
		}
		image = append(image, data...)
	}
	o := order{Args: j.Args, Env: append(environment(), j.Env...), Dir: j.Dir, UnixTime: time.Now().Unix()}
	for _, f := range j.Back {
		o.Back = append(o.Back, f.Guest)
	}
	last, err := j.image(o)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, append(image, last...), 0o600); err != nil {
		return fmt.Errorf("write initial file system: %w", err)
	}
	return nil
}
