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
// guest, and prints one line of counts. What failed is shown in full.
func runTests(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	flags := flag.NewFlagSet("tests", flag.ContinueOnError)
	pattern := flags.String("run", "^Test(Root|VM)", "which tests")
	limit := flags.Duration("timeout", 5*time.Minute, "limit of one binary")
	if err := flags.Parse(args); err != nil {
		return statusUsage, err
	}
	if flags.NArg() < 2 {
		return statusUsage, errors.New("tests: need a kernel and DIRECTORY=BINARY")
	}
	start := time.Now()
	var parts, failures []string
	status := 0
	for _, pair := range flags.Args()[1:] {
		m := vmtest.Machine{Kernel: flags.Arg(0), MiB: testMiB, Timeout: *limit}
		count, text, err := runBinary(ctx, m, pair, *pattern)
		if err != nil {
			text += err.Error() + "\n"
		}
		if err != nil || count.Failed > 0 || count.Passed == 0 {
			status = 1
			failures = append(failures, text)
		}
		parts = append(parts, fmt.Sprintf("%s %s", name(pair), count))
	}
	fmt.Fprintf(stdout, "%s%-7s %s (%v)\n", strings.Join(failures, ""), flags.Arg(0), strings.Join(parts, "; "), time.Since(start).Round(time.Second))
	return status, nil
}

func name(pair string) string {
	_, binary, _ := strings.Cut(pair, "=")
	return strings.TrimSuffix(filepath.Base(binary), ".test")
}

func runBinary(ctx context.Context, m vmtest.Machine, pair, pattern string) (vmtest.Count, string, error) {
	dir, binary, found := strings.Cut(pair, "=")
	if !found {
		return vmtest.Count{}, "", fmt.Errorf("argument %q is not DIRECTORY=BINARY", pair)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return vmtest.Count{}, "", err
	}
	j, err := testJob(dir, binary, []string{"-test.v", "-test.run=" + pattern, "-test.timeout=" + m.Timeout.String()})
	if err != nil {
		return vmtest.Count{}, "", err
	}
	var text bytes.Buffer
	status, err := m.Run(ctx, j, &text, &text)
	count := vmtest.CountTests(text.String())
	if err == nil && status != 0 && count.Failed == 0 {
		err = fmt.Errorf("%s ended with status %d", name(pair), status)
	}
	return count, text.String(), err
}
