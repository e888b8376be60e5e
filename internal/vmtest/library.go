package vmtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// addLibraries copies what the loader needs to run a program; nothing if it is
// static.
func addLibraries(a *archive, program string) error {
	text, err := output(exec.Command("ldd", program))
	if err != nil {
		// ldd fails for what is not dynamic
		return nil
	}
	libraries, err := parseLibraries(text)
	if err != nil {
		return fmt.Errorf("copy %s to guest: %w", program, err)
	}
	for _, library := range libraries {
		if err := addSame(a, library); err != nil {
			return err
		}
	}
	return nil
}

// parseLibraries reads what ldd prints.
func parseLibraries(text string) ([]string, error) {
	var files []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "not found") {
			return nil, fmt.Errorf("find library: %s", strings.TrimSpace(line))
		}
		for _, field := range strings.Fields(line) {
			if filepath.IsAbs(field) {
				files = append(files, field)
			}
		}
	}
	return files, nil
}
