package vmtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// FetchOptions say where kernels are kept and how they are fetched.
type FetchOptions struct {
	Cache string // directory; empty: see [CacheDir]
	// Refresh asks the suite for a newer kernel even if one is there.
	Refresh bool
}

// Fetch makes sure that a kernel is in the cache, with the right checksums, and
// returns its release. It blocks while it downloads, up to the end of ctx, and
// while another process does. Any number may run at once.
func Fetch(ctx context.Context, k Kernel, o FetchOptions) (string, error) {
	dir, err := k.directory(o.Cache)
	if err != nil {
		return "", err
	}
	unlock, err := lock(dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	if !o.Refresh {
		if m, err := verify(dir); err == nil {
			return m.Release, nil
		}
	}
	release, err := k.fetch(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("fetch kernel %s: %w", k.Name, err)
	}
	return release, nil
}

// directory is where the cache keeps a kernel.
func (k Kernel) directory(cache string) (string, error) {
	if cache == "" {
		var err error
		if cache, err = CacheDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(cache, k.Name), nil
}

func (k Kernel) fetch(ctx context.Context, dir string) (string, error) {
	work, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	apt, err := newAptState(ctx, filepath.Join(work, "apt"), k.Suite)
	if err != nil {
		return "", err
	}
	packages, err := kernelPackages(func(name string) (stanza, error) { return apt.show(ctx, name) })
	if err != nil {
		return "", err
	}
	debs := filepath.Join(work, "debs")
	if err := os.Mkdir(debs, 0o755); err != nil {
		return "", err
	}
	if err := apt.download(ctx, debs, packages); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return "", err
	}
	image, tree, err := unpack(ctx, filepath.Join(work, "tree"), files)
	if err != nil {
		return "", err
	}
	kernel, err := extractKernel(image)
	if err != nil {
		return "", err
	}
	modules, err := packModules(ctx, tree, filepath.Join(work, "guest"))
	if err != nil {
		return "", err
	}
	m, err := store(dir, tree.release, map[string][]byte{bootFile: kernel, modulesFile: modules})
	return m.Release, err
}
