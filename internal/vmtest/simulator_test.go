package vmtest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/vmtest/netdevsim"
)

func TestSimulatedKernelsExist(t *testing.T) {
	for _, name := range netdevsim.Kernels() {
		k, err := Find(name)
		if err != nil || !k.simulates() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The module comes after the others, and never without those that it was
// indexed with.
func TestModulesOfKernel(t *testing.T) {
	dir := t.TempDir()
	with, without := Kernel{Name: "6.1"}, Kernel{Name: "6.12"}
	store := func(release, modules string) manifest {
		t.Helper()
		files := map[string][]byte{bootFile: nil, modulesFile: []byte(modules)}
		if err := kernelPart().store(dir, manifest{Release: release}, files); err != nil {
			t.Fatal(err)
		}
		m, err := kernelPart().verify(dir)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	base, added := filepath.Join(dir, modulesFile), filepath.Join(dir, simulatorFile)
	if list, err := with.modules(dir); err == nil {
		t.Errorf("an empty directory has %v", list)
	}
	kernel := store("6.1.0-1", "modules")
	if list, err := with.modules(dir); err == nil {
		t.Errorf("a kernel without the module has %v", list)
	}
	made := manifest{Release: "6.1.0-1", SHA256: map[string]string{modulesFile: kernel.SHA256[modulesFile]}}
	if err := simulatorPart().store(dir, made, map[string][]byte{simulatorFile: []byte("module")}); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[Kernel][]string{with: {base, added}, without: {base}} {
		list, err := k.modules(dir)
		if diff := cmp.Diff(want, list); diff != "" || err != nil {
			t.Errorf("%s: %v %s", k.Name, err, diff)
		}
	}
	if _, err := simulatorFor(dir, kernel); err != nil {
		t.Error(err)
	}
	for _, next := range []manifest{store("6.1.0-1", "others"), store("6.1.0-2", "modules")} {
		if _, err := simulatorFor(dir, next); !errors.Is(err, errOtherKernel) {
			t.Errorf("release %s: %v", next.Release, err)
		}
	}
	if _, err := with.modules(dir); !errors.Is(err, errOtherKernel) {
		t.Errorf("after an update: %v", err)
	}
}

func TestUnpackModules(t *testing.T) {
	from := moduleTree{t.TempDir(), "6.1.0-1"}
	for _, name := range []string{"modules.dep", "kernel/net/a.ko", simulatorModule} {
		if err := copyTo(filepath.Join(from.modules(), name), strings.NewReader("of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := archiveModules(from)
	if err != nil {
		t.Fatal(err)
	}
	to := moduleTree{t.TempDir(), "6.1.0-1"}
	if err := unpackModules(archive, to); err != nil {
		t.Fatal(err)
	}
	index, err := archiveIndex(to, simulatorModule)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := eachEntry(index, func(name string, data []byte) error {
		got[name] = string(data)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"usr/lib/modules/6.1.0-1/modules.dep":        "of modules.dep",
		"usr/lib/modules/6.1.0-1/extra/netdevsim.ko": "of extra/netdevsim.ko",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := unpackModules(archive, moduleTree{t.TempDir(), "6.1.0-2"}); err == nil {
		t.Error("modules of another release are taken")
	}
}
