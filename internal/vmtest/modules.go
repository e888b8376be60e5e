package vmtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packModules chooses modules from a tree, decompresses them into a second
// one and returns that as an archive. The guest then spends no time on it.
func packModules(ctx context.Context, from moduleTree, root string) ([]byte, error) {
	to := moduleTree{root, from.release}
	if err := depmod(ctx, from); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(from.modules(), "modules.dep"))
	if err != nil {
		return nil, fmt.Errorf("read dependencies: %w", err)
	}
	deps, err := parseDependencies(string(text))
	if err != nil {
		return nil, fmt.Errorf("parse modules.dep: %w", err)
	}
	chosen, err := deps.closure(wantedModule)
	if err != nil {
		return nil, err
	}
	if err := copyModules(from, to, chosen); err != nil {
		return nil, fmt.Errorf("copy modules: %w", err)
	}
	if err := depmod(ctx, to); err != nil {
		return nil, err
	}
	return archiveModules(to)
}

func depmod(ctx context.Context, t moduleTree) error {
	_, err := output(exec.CommandContext(ctx, "depmod", "-b", t.root, t.release))
	return err
}

func copyModules(from, to moduleTree, chosen []string) error {
	for _, name := range append(chosen, "modules.builtin", "modules.builtin.modinfo", "modules.order") {
		data, err := os.ReadFile(filepath.Join(from.modules(), name))
		if err != nil {
			return err
		}
		plain := plainModule(name)
		if plain != name {
			if data, err = decompress(data); err != nil {
				return err
			}
		}
		if err := copyTo(filepath.Join(to.modules(), plain), bytes.NewReader(data)); err != nil {
			return err
		}
	}
	return nil
}

// archiveModules archives all modules with their index.
func archiveModules(t moduleTree) ([]byte, error) {
	return archiveFiles(t, func(string) bool { return true })
}

// archiveIndex archives the index of all modules, and some of them.
func archiveIndex(t moduleTree, modules ...string) ([]byte, error) {
	return archiveFiles(t, func(name string) bool { return !strings.Contains(name, "/") || slices.Contains(modules, name) })
}

func archiveFiles(t moduleTree, wanted func(name string) bool) ([]byte, error) {
	var out bytes.Buffer
	a := newArchive(&out)
	err := filepath.WalkDir(t.modules(), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if below, err := filepath.Rel(t.modules(), name); err != nil || !wanted(below) {
			return err
		}
		data, err := os.ReadFile(name)
		a.file("usr"+strings.TrimPrefix(name, t.root), 0o644, data)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive modules: %w", err)
	}
	if err := a.close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpackModules does the opposite of archiveModules.
func unpackModules(archive []byte, t moduleTree) error {
	return eachEntry(archive, func(name string, data []byte) error {
		below, found := strings.CutPrefix(name, "usr/lib/modules/"+t.release+"/")
		if !found || !filepath.IsLocal(below) {
			return fmt.Errorf("file %.100q is not one of modules", name)
		}
		return copyTo(filepath.Join(t.modules(), below), bytes.NewReader(data))
	})
}
