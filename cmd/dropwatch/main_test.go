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

// TestMain builds the program once, as it is shipped. Where there is no
// compiler, in the guests of make test-vm, the test binary is the program when
// it is called by one of its names.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "dropwatch", "dwdump":
		main()
	}
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
	if err := provide(filepath.Join(dir, "dropwatch")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv(envDir, dir)
	return run()
}

func provide(program string) error {
	if os.Getenv("VMTEST") != "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		return os.Symlink(self, program)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build dropwatch: %v\n%s", err, output)
	}
	return nil
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
