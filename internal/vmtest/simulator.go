package vmtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Module netdevsim simulates devices that drop packets and report it. No
// packaged kernel has it, but it builds against the packaged headers.
const (
	simulatorFile   = "netdevsim.cpio"
	simulatorModule = "extra/netdevsim.ko"
)

func simulatorPart() part { return part{"netdevsim.json", "1", []string{simulatorFile}} }

var errOtherKernel = errors.New("module netdevsim is for other modules")

// simulatorFor verifies that the module is there and belongs to a kernel.
func simulatorFor(dir string, kernel manifest) (manifest, error) {
	m, err := simulatorPart().verify(dir)
	if err != nil {
		return m, err
	}
	return m, m.fits(kernel)
}

// fits tells whether a module was built and indexed for this kernel: its
// archive replaces the index of all modules.
func (m manifest) fits(kernel manifest) error {
	if m.Release != kernel.Release || m.SHA256[modulesFile] != kernel.SHA256[modulesFile] {
		return errOtherKernel
	}
	return nil
}

// buildSimulator builds the module and puts it into the cache, as an archive
// that follows that of the other modules.
func (f *fetcher) buildSimulator(ctx context.Context) error {
	if err := findBuildTools(exec.LookPath); err != nil {
		return err
	}
	show, err := f.show(ctx)
	if err != nil {
		return err
	}
	headers, source, err := buildPackages(show, f.manifest.Release)
	if err != nil {
		return err
	}
	debs, err := f.download(ctx, "headers", headers)
	if err != nil {
		return err
	}
	tree := filepath.Join(f.work, "build")
	build, err := unpackHeaders(ctx, tree, f.manifest.Release, debs)
	if err != nil {
		return fmt.Errorf("unpack headers: %w", err)
	}
	if debs, err = f.download(ctx, "source", []stanza{source}); err != nil {
		return err
	}
	code := filepath.Join(tree, "netdevsim")
	for _, deb := range debs {
		if err := unpackDriver(ctx, deb, code); err != nil {
			return fmt.Errorf("unpack source: %w", err)
		}
	}
	module, err := compile(ctx, build, code)
	if err != nil {
		return err
	}
	packed, err := f.addModule(ctx, module)
	if err != nil {
		return err
	}
	made := manifest{Release: f.manifest.Release, SHA256: map[string]string{modulesFile: f.manifest.SHA256[modulesFile]}}
	return simulatorPart().store(f.dir, made, map[string][]byte{simulatorFile: packed})
}

// findBuildTools looks for the programs of the host that build a module.
func findBuildTools(look func(name string) (string, error)) error {
	for _, name := range []string{"gcc", "make", "strip"} {
		if _, err := look(name); err != nil {
			return fmt.Errorf("find %s: %w; install it with: apt-get install gcc make binutils libelf1", name, err)
		}
	}
	return nil
}

// compile builds the module with the host's own compiler, whatever release the
// kernel was built with, and without debugging information.
func compile(ctx context.Context, build, code string) (string, error) {
	cmd := exec.CommandContext(ctx, "make", "-s", "-C", build, "M="+code, "CC=gcc",
		"CONFIG_NETDEVSIM=m", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules")
	cmd.Env = append(os.Environ(), "LC_ALL=C", "MAKEFLAGS=")
	if _, err := output(cmd); err != nil {
		return "", err
	}
	module := filepath.Join(code, "netdevsim.ko")
	_, err := output(exec.CommandContext(ctx, "strip", "--strip-debug", module))
	return module, err
}

// addModule adds a module to those that the guest gets anyway, and archives it
// with the new index.
func (f *fetcher) addModule(ctx context.Context, module string) ([]byte, error) {
	modules, err := os.ReadFile(filepath.Join(f.dir, modulesFile))
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	tree := moduleTree{filepath.Join(f.work, "indexed"), f.manifest.Release}
	if err := unpackModules(modules, tree); err != nil {
		return nil, fmt.Errorf("unpack modules: %w", err)
	}
	file, err := os.Open(module)
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	defer file.Close()
	if err := copyTo(filepath.Join(tree.modules(), simulatorModule), file); err != nil {
		return nil, fmt.Errorf("copy module: %w", err)
	}
	if err := depmod(ctx, tree); err != nil {
		return nil, err
	}
	return archiveIndex(tree, simulatorModule)
}
