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
// returns its release. It blocks while it downloads and builds, up to the end of
// ctx, and while another process does. Any number may run at once.
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
	work, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return "", fmt.Errorf("make work directory: %w", err)
	}
	defer os.RemoveAll(work)
	f := &fetcher{kernel: k, dir: dir, work: work}
	if err := f.fetch(ctx, o.Refresh); err != nil {
		return "", fmt.Errorf("fetch kernel %s: %w", k.Name, err)
	}
	return f.manifest.Release, nil
}

// A fetcher fills the directory of one kernel in the cache.
type fetcher struct {
	kernel   Kernel
	dir      string
	work     string // for what is needed meanwhile
	manifest manifest
	apt      *aptState // nil until something is to be downloaded
}

func (f *fetcher) fetch(ctx context.Context, refresh bool) error {
	m, err := kernelPart().verify(f.dir)
	if err != nil || refresh {
		if m, err = f.fetchKernel(ctx); err != nil {
			return err
		}
	}
	f.manifest = m
	if !f.kernel.simulates() {
		return nil
	}
	if _, err := simulatorFor(f.dir, m); err == nil {
		return nil
	}
	if err := f.buildSimulator(ctx); err != nil {
		return fmt.Errorf("build module netdevsim: %w", err)
	}
	return nil
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

// show returns the newest stanza of a package in the kernel's suite.
func (f *fetcher) show(ctx context.Context) (func(name string) (stanza, error), error) {
	if f.apt == nil {
		apt, err := newAptState(ctx, filepath.Join(f.work, "apt"), f.kernel.Suite)
		if err != nil {
			return nil, err
		}
		f.apt = apt
	}
	return func(name string) (stanza, error) { return f.apt.show(ctx, name) }, nil
}

// download returns the files of packages, in a directory of their own.
func (f *fetcher) download(ctx context.Context, directory string, packages []stanza) ([]string, error) {
	debs := filepath.Join(f.work, directory)
	if err := os.Mkdir(debs, 0o755); err != nil {
		return nil, fmt.Errorf("make work directory: %w", err)
	}
	if err := f.apt.download(ctx, debs, packages); err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(debs, "*.deb"))
}

func (f *fetcher) fetchKernel(ctx context.Context) (manifest, error) {
	show, err := f.show(ctx)
	if err != nil {
		return manifest{}, err
	}
	packages, err := kernelPackages(show)
	if err != nil {
		return manifest{}, err
	}
	files, err := f.download(ctx, "kernel", packages)
	if err != nil {
		return manifest{}, err
	}
	image, tree, err := unpack(ctx, filepath.Join(f.work, "tree"), files)
	if err != nil {
		return manifest{}, err
	}
	kernel, err := extractKernel(image)
	if err != nil {
		return manifest{}, err
	}
	modules, err := packModules(ctx, tree, filepath.Join(f.work, "guest"))
	if err != nil {
		return manifest{}, err
	}
	parts := map[string][]byte{bootFile: kernel, modulesFile: modules}
	if err := kernelPart().store(f.dir, manifest{Release: tree.release}, parts); err != nil {
		return manifest{}, err
	}
	return kernelPart().load(f.dir)
}
