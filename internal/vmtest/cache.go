package vmtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"syscall"
)

// CacheDir is where kernels are kept between runs: $VMTEST_CACHE, or
// dropwatch-vm in the user's cache directory.
func CacheDir() (string, error) {
	if dir := os.Getenv("VMTEST_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache directory: %w; set VMTEST_CACHE", err)
	}
	return filepath.Join(dir, "dropwatch-vm"), nil
}

// Files of a prepared kernel.
const (
	bootFile    = "vmlinux"
	modulesFile = "modules.cpio"
)

// A part is what is put into a kernel's directory at once, with a manifest that
// vouches for it.
type part struct {
	manifest string
	recipe   string // changes whenever it is prepared in another way
	files    []string
}

// kernelPart is what comes from the packages of the kernel.
func kernelPart() part { return part{"manifest.json", "1", []string{bootFile, modulesFile}} }

// A manifest describes a part of a prepared kernel.
type manifest struct {
	Recipe  string            // version of the way it was prepared
	Release string            // what uname -r says in the guest
	SHA256  map[string]string // of each file, and of those that it was made for
}

func checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// store writes the files of a part, the manifest last. The manifest gets their
// checksums.
func (p part) store(dir string, m manifest, files map[string][]byte) error {
	m.Recipe = p.recipe
	m.SHA256 = maps.Clone(m.SHA256)
	if m.SHA256 == nil {
		m.SHA256 = map[string]string{}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	for name, data := range files {
		m.SHA256[name] = checksum(data)
		if err := replaceFile(filepath.Join(dir, name), data); err != nil {
			return fmt.Errorf("fill cache: %w", err)
		}
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, p.manifest), text); err != nil {
		return fmt.Errorf("fill cache: %w", err)
	}
	return nil
}

// replaceFile leaves either the old or the new content behind.
func replaceFile(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func (p part) load(dir string) (manifest, error) {
	var m manifest
	text, err := os.ReadFile(filepath.Join(dir, p.manifest))
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("parse manifest: %w", err)
	}
	if m.Recipe != p.recipe || m.Release == "" {
		return m, fmt.Errorf("%s is of recipe %q, need %q", p.manifest, m.Recipe, p.recipe)
	}
	return m, nil
}

// verify reads the files of a part and compares their checksums.
func (p part) verify(dir string) (manifest, error) {
	m, err := p.load(dir)
	if err != nil {
		return m, err
	}
	for _, name := range p.files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return m, fmt.Errorf("read cache: %w", err)
		}
		if checksum(data) != m.SHA256[name] {
			return m, fmt.Errorf("file %s in the cache is damaged", name)
		}
	}
	return m, nil
}

// lock lets one process at a time fill a directory. The returned function
// unlocks it.
func lock(dir string) (func() error, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make cache: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock cache: %w", err), file.Close())
	}
	return file.Close, nil
}
