package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"dropwatch/internal/vmtest"
)

// runTests runs compiled test binaries under one kernel, each in a fresh
// guest, and prints one line of counts. A binary with a failure is shown in full.
func runTests(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	flags := flag.NewFlagSet("tests", flag.ContinueOnError)
	pattern := flags.String("run", "^Test(Root|VM)", "which tests")
	limit := flags.Duration("timeout", 5*time.Minute, "limit of one binary")
	if err := flags.Parse(args); err != nil {
		return statusUsage, err
	}
	if flags.NArg() < 2 {
		return statusUsage, errors.New("tests: need a kernel and DIRECTORY=BINARY[=REGEXP]")
	}
	start := time.Now()
	var parts []string
	status := 0
	for _, argument := range flags.Args()[1:] {
		b, err := parseBinary(argument, *pattern)
		if err != nil {
			return statusUsage, err
		}
		m := vmtest.Machine{Kernel: flags.Arg(0), MiB: testMiB, Timeout: *limit}
		began := time.Now()
		count, text, err := b.run(ctx, m)
		if err != nil {
			text += err.Error() + "\n"
		}
		if err != nil || count.Failed > 0 || count.Passed == 0 {
			status = 1
			fmt.Fprint(stdout, text)
		}
		parts = append(parts, fmt.Sprintf("%s %s (%v)", b.name(), count, time.Since(began).Round(time.Second)))
	}
	fmt.Fprintf(stdout, "%-7s %s: %v\n", flags.Arg(0), strings.Join(parts, "; "), time.Since(start).Round(time.Second))
	return status, nil
}

// A binary holds the tests of a package.
type binary struct {
	directory, path string
	pattern         string // of the tests to run
}

// parseBinary reads DIRECTORY=BINARY, or DIRECTORY=BINARY=REGEXP for other tests
// than usual.
func parseBinary(argument, pattern string) (binary, error) {
	parts := strings.SplitN(argument, "=", 3)
	if len(parts) < 2 {
		return binary{}, fmt.Errorf("tests: argument %q is not DIRECTORY=BINARY[=REGEXP]", argument)
	}
	b := binary{directory: parts[0], path: parts[1], pattern: pattern}
	if len(parts) == 3 {
		b.pattern = parts[2]
	}
	var err error
	b.directory, err = filepath.Abs(b.directory)
	return b, err
}

func (b binary) name() string { return strings.TrimSuffix(filepath.Base(b.path), ".test") }

func (b binary) run(ctx context.Context, m vmtest.Machine) (vmtest.Count, string, error) {
	j, err := testJob(b.directory, b.path, []string{"-test.v", "-test.run=" + b.pattern, "-test.timeout=" + m.Timeout.String()})
	if err != nil {
		return vmtest.Count{}, "", err
	}
	var text bytes.Buffer
	status, err := m.Run(ctx, j, &text, &text)
	count := vmtest.CountTests(text.String())
	if err == nil && status != 0 && count.Failed == 0 {
		err = fmt.Errorf("%s ended with status %d", b.name(), status)
	}
	return count, text.String(), err
}
