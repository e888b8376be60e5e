package vmtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestCache(t *testing.T) {
	cache := t.TempDir()
	kernel := Kernel{Name: "6.12", Suite: "nowhere"}
	dir := filepath.Join(cache, kernel.Name)
	files := map[string][]byte{bootFile: []byte("kernel"), modulesFile: []byte("modules")}
	if err := kernelPart().store(dir, manifest{Release: "6.12.0-1"}, files); err != nil {
		t.Fatal(err)
	}
	// no download, or this would fail
	release, err := Fetch(t.Context(), kernel, FetchOptions{Cache: cache})
	if err != nil || release != "6.12.0-1" {
		t.Errorf("release %q, %v", release, err)
	}
	if err := os.WriteFile(filepath.Join(dir, modulesFile), []byte("broken!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if m, err := kernelPart().verify(dir); err == nil {
		t.Errorf("damaged cache is taken: %v", m)
	}
	if m, err := kernelPart().verify(t.TempDir()); err == nil {
		t.Errorf("empty cache is taken: %v", m)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fetch(ended, kernel, FetchOptions{Cache: cache}); err == nil {
		t.Error("damaged cache is taken")
	}
}

func TestCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/cache")
	if dir, err := CacheDir(); err != nil || dir != "/cache/dropwatch-vm" {
		t.Errorf("directory %q, %v", dir, err)
	}
	t.Setenv("VMTEST_CACHE", "/other")
	if dir, err := CacheDir(); err != nil || dir != "/other" {
		t.Errorf("directory %q, %v", dir, err)
	}
}

func TestFind(t *testing.T) {
	for _, k := range Kernels() {
		if got, err := Find(k.Name); err != nil || got != k {
			t.Errorf("%s is %v, %v", k.Name, got, err)
		}
	}
	if k, err := Find("2.4"); err == nil {
		t.Errorf("kernel 2.4 is %v", k)
	}
}
