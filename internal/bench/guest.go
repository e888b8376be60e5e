package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"dropwatch/internal/vmtest"
)

// This program is its own child. Built without cgo it is also the first process of
// the guest, and what measures there.
const (
	commandBoot   = "boot"   // KERNEL DROPWATCH
	commandInside = "inside" // DROPWATCH
	commandTell   = "tell"   // DIRECTORY
)

// flags are the arguments that say how to measure.
func flags() []string { return os.Args[1 : len(os.Args)-flag.NArg()] }

// inGuest measures under another kernel. That there is no guest to be had is no
// error.
func inGuest(ctx context.Context, kernel, dir, binary string, out io.Writer) error {
	fmt.Fprintf(out, "\nDrop monitor in a guest with kernel %s\n", kernel)
	if err := guestPossible(ctx, kernel); err != nil {
		fmt.Fprintf(out, "  left out: %v\n", err)
		return ctx.Err()
	}
	self := filepath.Join(dir, "bench")
	if err := build(ctx, self, "dropwatch/internal/bench"); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, self, append(flags(), commandBoot, kernel, binary)...)
	command.Stdout, command.Stderr = out, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("measure in a guest with kernel %s: %w", kernel, err)
	}
	return nil
}

func guestPossible(ctx context.Context, name string) error {
	for program, pack := range map[string]string{"qemu-system-x86_64": "qemu-system-x86", "dropwatch": "dropwatch"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w; install it with: apt-get install %s", err, pack)
		}
	}
	kernel, err := vmtest.Find(name)
	if err != nil {
		return err
	}
	_, err = vmtest.Fetch(ctx, kernel, vmtest.FetchOptions{})
	return err
}

// Places in the guest.
const (
	guestBench     = "/root/bench"
	guestDropwatch = "/root/dropwatch"
)

// bootGuest runs this program in a guest.
func bootGuest(ctx context.Context, kernel, binary string, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	// Two processors: one sends and drops, the other watches.
	machine := vmtest.Machine{Kernel: kernel, CPUs: 2, MiB: 1024, Timeout: time.Hour}
	job := vmtest.Job{
		Args:  append(append([]string{guestBench}, flags()...), commandInside, guestDropwatch),
		Files: []vmtest.File{{Host: self, Guest: guestBench}, {Host: binary, Guest: guestDropwatch}},
	}
	status, err := machine.Run(ctx, job, out, os.Stderr)
	if err != nil {
		return err
	}
	if status != 0 {
		return errors.New("see the error of the guest above")
	}
	return nil
}
