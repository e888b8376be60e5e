package vmtest

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func buildSuite() map[string]stanza {
	source := packaged("linux-source-6.1", "binutils")
	source["Size"] = "139131140"
	suite := map[string]stanza{}
	for _, s := range []stanza{
		packaged("linux-headers-6.1.0-50-cloud-amd64", "linux-headers-6.1.0-50-common (= 6.1.176-1), linux-kbuild-6.1 (>= 6.1.176-1), linux-compiler-gcc-12-x86"),
		packaged("linux-headers-6.1.0-50-common", "linux-headers-more"),
		packaged("linux-kbuild-6.1", "libelf1"),
		source,
	} {
		suite[s["Package"]] = s
	}
	return suite
}

func showOf(suite map[string]stanza) func(name string) (stanza, error) {
	return func(name string) (stanza, error) {
		if s, ok := suite[name]; ok {
			return s, nil
		}
		return nil, fmt.Errorf("no package %s", name)
	}
}

func TestBuildPackages(t *testing.T) {
	const release = "6.1.0-50-cloud-amd64"
	headers, source, err := buildPackages(showOf(buildSuite()), release)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range append(headers, source) {
		names = append(names, s["Package"])
	}
	want := []string{"linux-headers-6.1.0-50-cloud-amd64", "linux-headers-6.1.0-50-common", "linux-kbuild-6.1", "linux-source-6.1"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for name := range buildSuite() {
		suite := buildSuite()
		delete(suite, name)
		if _, _, err := buildPackages(showOf(suite), release); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		suite = buildSuite()
		suite[name] = maps.Clone(suite[name])
		suite[name]["Size"] = "999999999"
		if _, _, err := buildPackages(showOf(suite), release); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("with a huge %s: %v", name, err)
		}
	}
	if series, err := seriesOf("6"); err == nil {
		t.Errorf("series %q", series)
	}
}

// xzTar packs files in the order of their names.
func xzTar(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(files[name])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("xz", "-c")
	cmd.Stdin = &plain
	packed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// debOf makes a package with one file.
func debOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	root := t.TempDir()
	for file, data := range map[string][]byte{
		name:             data,
		"DEBIAN/control": []byte("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.net>\nDescription: x\n"),
	} {
		if err := copyTo(filepath.Join(root, file), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	// what the test runs as may have another umask
	if err := os.Chmod(filepath.Join(root, "DEBIAN"), 0o755); err != nil {
		t.Fatal(err)
	}
	deb := filepath.Join(t.TempDir(), "x.deb")
	if out, err := exec.Command("dpkg-deb", "--root-owner-group", "--build", root, deb).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return deb
}

func TestUnpackDriver(t *testing.T) {
	source := map[string]string{
		"linux-source-6.1/drivers/net/dummy.c":            "other",
		"linux-source-6.1/drivers/net/netdevsim/Makefile": "obj-m",
		"linux-source-6.1/drivers/net/netdevsim/bus.c":    "bus",
		"linux-source-6.1/drivers/net/netdevsim/x/y.c":    "below",
		"linux-source-6.1/drivers/net/zz.c":               strings.Repeat("long", 1<<20),
	}
	directory := t.TempDir()
	if err := unpackDriver(t.Context(), debOf(t, "usr/src/linux-source-6.1.tar.xz", xzTar(t, source)), directory); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(directory, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(data)
	}
	if diff := cmp.Diff(map[string]string{"Makefile": "obj-m", "bus.c": "bus"}, got); diff != "" {
		t.Error(diff)
	}

	for name, data := range map[string][]byte{
		"none":    xzTar(t, map[string]string{"linux-source-6.1/README": "x"}),
		"damaged": []byte("no archive"),
	} {
		if err := unpackDriver(t.Context(), debOf(t, "usr/src/linux-source-6.1.tar.xz", data), t.TempDir()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnpackHeaders(t *testing.T) {
	const place = "usr/src/linux-headers-6.1.0-1/Makefile"
	root := filepath.Join(t.TempDir(), "root")
	build, err := unpackHeaders(t.Context(), root, "6.1.0-1", []string{debOf(t, place, []byte("include /usr/src/common/Makefile\n"))})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(build, "Makefile"))
	if want := "include " + root + "/usr/src/common/Makefile\n"; err != nil || string(text) != want {
		t.Errorf("makefile %q, %v, want %q", text, err, want)
	}
	other := filepath.Join(t.TempDir(), "root")
	if _, err := unpackHeaders(t.Context(), other, "6.1.0-1", []string{debOf(t, place, []byte("all:\n"))}); err == nil {
		t.Error("another makefile is taken")
	}
}

func TestFindBuildTools(t *testing.T) {
	missing := errors.New("not found")
	for name, want := range map[string]bool{"gcc": false, "make": false, "strip": false, "other": true} {
		err := findBuildTools(func(asked string) (string, error) {
			if asked == name {
				return "", missing
			}
			return "/usr/bin/" + asked, nil
		})
		if (err == nil) != want {
			t.Errorf("without %s: %v", name, err)
		}
		if err != nil && (!errors.Is(err, missing) || !strings.Contains(err.Error(), "apt-get install") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
