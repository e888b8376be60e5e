package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// unpack gets a Debian package as apt would, and unpacks it below a directory. It
// is not installed: its service shall not be started. The path of the program is
// that of a file in it.
func unpack(ctx context.Context, dir, name, file string) (program string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir = filepath.Join(dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for _, words := range [][]string{
		{"apt-get", "download", "-qq", name},
		{"sh", "-c", "dpkg-deb -x ./*.deb ."},
	} {
		command := exec.CommandContext(ctx, words[0], words[1:]...)
		command.Dir = dir
		if text, err := command.CombinedOutput(); err != nil {
			told := strings.Join(strings.Fields(string(text)), " ")
			return "", fmt.Errorf("%s %s: %w: %s; apt-get update may help", words[0], name, err, told)
		}
	}
	return filepath.Join(dir, file), nil
}
