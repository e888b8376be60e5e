package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dropwatch/internal/vmtest"
)

// runTest is what go test -exec starts, in the package's directory: a kernel,
// the test binary and its flags.
func runTest(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	if len(args) < 2 {
		return statusUsage, errors.New("exec: need a kernel and a test binary")
	}
	dir, err := os.Getwd()
	if err != nil {
		return statusNoGuest, err
	}
	j, err := testJob(dir, args[1], args[2:])
	if err != nil {
		return statusNoGuest, err
	}
	// the test binary has its own limit
	m := vmtest.Machine{Kernel: args[0], MiB: testMiB, Timeout: fetchLimit}
	return boot(ctx, m, j, stdout, stderr)
}

// testMiB is the memory for tests, which load programs and symbol tables.
const testMiB = 768

// testJob runs a test binary as go test does: in its package's directory, with
// its testdata.
func testJob(dir, binary string, flags []string) (vmtest.Job, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return vmtest.Job{}, err
	}
	j := vmtest.Job{
		Args:  append([]string{binary}, flags...),
		Dir:   dir,
		Files: []vmtest.File{{Host: binary, Guest: binary}},
	}
	data := filepath.Join(dir, "testdata")
	if _, err := os.Stat(data); err == nil {
		j.Files = append(j.Files, vmtest.File{Host: data, Guest: data})
	}
	if profile := profileOf(dir, flags); profile != "" {
		j.Back = []vmtest.File{{Host: profile, Guest: profile}}
	}
	return j, nil
}

// profileOf finds where the coverage profile goes; empty if none is asked for.
func profileOf(dir string, flags []string) string {
	profile := ""
	for _, flag := range flags {
		name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "test.coverprofile":
			profile = value
		case "test.outputdir":
			dir = value
		}
	}
	if profile == "" || filepath.IsAbs(profile) {
		return profile
	}
	return filepath.Join(dir, profile)
}
