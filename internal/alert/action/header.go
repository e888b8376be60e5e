package action

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// maxHeaderFile bounds the file, in bytes.
const maxHeaderFile = 16 << 10

// readHeader reads lines "Name: value" from a file that nobody but its owner may
// read. Empty lines and those that begin with # are left out. Errors name lines
// by their number, for what is in them is secret.
func readHeader(path string) (http.Header, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, fmt.Errorf("header_file: %w", err)
	}
	header, err := parseHeader(text)
	if err != nil {
		return nil, fmt.Errorf("header_file: %s: %w", path, err)
	}
	return header, nil
}

func parseHeader(text string) (http.Header, error) {
	header := make(http.Header)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !token(name) || strings.ContainsFunc(value, control) {
			return nil, fmt.Errorf("line %d: want NAME: VALUE", number)
		}
		header.Add(name, strings.TrimSpace(value))
	}
	return header, nil
}

func readSecret(path string) (string, error) {
	// a pipe must not hold us up
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("others can read %s (mode %04o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	b, err := io.ReadAll(io.LimitReader(file, maxHeaderFile+1))
	if err == nil && len(b) > maxHeaderFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxHeaderFile)
	}
	return string(b), err
}

// token tells whether a name can be that of a header (RFC 9110).
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
