package peer

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	keyBytes    = 32 // AES-256
	maxKeys     = 16
	maxKeysFile = 64 << 10
)

// NewKey makes a key for a cluster.
func NewKey() []byte {
	key := make([]byte, keyBytes)
	// never fails: crypto/rand ends the program instead
	_, _ = rand.Read(key)
	return key
}

// FormatKey writes a key as it stands in a file.
func FormatKey(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

// LoadKeys reads the keys of a cluster: one a line, of which the first is used
// for sending. Who else may read the file could read all that hosts tell each
// other, so that is an error.
func LoadKeys(path string) ([][]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read keys of the cluster: %w; make them with: dropwatch cluster key generate %s", err, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read keys of the cluster: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read keys of the cluster: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read keys of the cluster: others may read %s; repair with: chmod 600 %s, and make new keys", path, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeysFile+1))
	if err != nil {
		return nil, fmt.Errorf("read keys of the cluster: %w", err)
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("read keys of the cluster: %s: %w", path, err)
	}
	return keys, nil
}

// parseKeys never tells a key in its errors.
func parseKeys(text []byte) ([][]byte, error) {
	if len(text) > maxKeysFile {
		return nil, fmt.Errorf("more than %d bytes", maxKeysFile)
	}
	var keys [][]byte
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != keyBytes {
			return nil, fmt.Errorf("line %d: want the base64 of %d bytes", number, keyBytes)
		}
		if slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
			return nil, fmt.Errorf("line %d: the same key again", number)
		}
		keys = append(keys, key)
	}
	switch {
	case len(keys) == 0:
		return nil, errors.New("there is no key in it")
	case len(keys) > maxKeys:
		return nil, fmt.Errorf("%d keys, at most %d are of use", len(keys), maxKeys)
	}
	return keys, nil
}

// SaveKeys writes keys such that only the owner can read them, whole or not at
// all.
func SaveKeys(path string, keys [][]byte) (err error) {
	// for its owner only from the beginning
	file, err := os.CreateTemp(filepath.Dir(path), ".keys-*")
	if err != nil {
		return fmt.Errorf("write keys of the cluster: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write keys of the cluster: %w", err), os.Remove(file.Name()))
		}
	}()
	var text strings.Builder
	for _, key := range keys {
		fmt.Fprintln(&text, FormatKey(key))
	}
	_, err = file.WriteString(text.String())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
