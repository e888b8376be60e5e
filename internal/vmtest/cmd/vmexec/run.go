package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dropwatch/internal/vmtest"
)

// pairs collects options of the form HOST:GUEST.
type pairs []vmtest.File

func (p *pairs) String() string { return fmt.Sprint(*p) }

func (p *pairs) Set(text string) error {
	host, guest, found := strings.Cut(text, ":")
	if !found || host == "" || !filepath.IsAbs(guest) {
		return errors.New("want HOST:GUEST with an absolute path in the guest")
	}
	*p = append(*p, vmtest.File{Host: host, Guest: guest})
	return nil
}

// parseRun reads the arguments of run.
func parseRun(args []string) (vmtest.Machine, vmtest.Job, error) {
	var m vmtest.Machine
	var j vmtest.Job
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&m.Kernel, "kernel", "", "name of the kernel")
	flags.IntVar(&m.MiB, "mem", 0, "memory in MiB")
	flags.IntVar(&m.CPUs, "smp", 0, "number of processors")
	flags.DurationVar(&m.Timeout, "timeout", 0, "limit of the run")
	flags.StringVar(&j.Dir, "dir", "", "working directory in the guest")
	flags.Var((*pairs)(&j.Files), "file", "copy HOST:GUEST")
	flags.Var((*pairs)(&j.Back), "back", "copy GUEST back to HOST")
	if err := flags.Parse(args); err != nil {
		return m, j, err
	}
	j.Args = flags.Args()
	if len(j.Args) == 0 {
		return m, j, errors.New("run: need a command")
	}
	return m, j, nil
}

// runCommand runs a command. A program of the host that the guest may lack is
// copied, if it is named by a path.
func runCommand(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	m, j, err := parseRun(args)
	if err != nil {
		return statusUsage, err
	}
	if strings.Contains(j.Args[0], "/") && !copied(j.Files, j.Args[0]) {
		path, err := filepath.Abs(j.Args[0])
		if err != nil {
			return statusNoGuest, err
		}
		if _, err := os.Stat(path); err == nil {
			j.Files = append(j.Files, vmtest.File{Host: path, Guest: path})
			j.Args[0] = path
		}
	}
	return boot(ctx, m, j, stdout, stderr)
}

func copied(files []vmtest.File, guest string) bool {
	for _, f := range files {
		if f.Guest == guest {
			return true
		}
	}
	return false
}

func boot(ctx context.Context, m vmtest.Machine, j vmtest.Job, stdout, stderr io.Writer) (int, error) {
	status, err := m.Run(ctx, j, stdout, stderr)
	if err != nil {
		return statusOf(err), err
	}
	return status, nil
}
