package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// envDir tells the tests where TestMain put the program.
const envDir = "DROPWATCH_TEST_DIR"

// TestMain builds the program once, as it is shipped.
func TestMain(m *testing.M) {
	os.Exit(withProgram(m.Run))
}

func withProgram(run func() int) int {
	dir, err := os.MkdirTemp("", "dropwatch-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// other users run it too
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "dropwatch"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build dropwatch: %v\n%s", err, output)
		return 1
	}
	os.Setenv(envDir, dir)
	return run()
}

func programPath() string { return filepath.Join(os.Getenv(envDir), "dropwatch") }

func TestProgramIsStatic(t *testing.T) {
	output, err := exec.Command("go", "version", "-m", programPath()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !strings.Contains(string(output), "CGO_ENABLED=0") {
		t.Errorf("built with cgo:\n%s", output)
	}
}
