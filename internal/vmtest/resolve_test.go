package vmtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func packaged(name, depends string) stanza {
	return stanza{"Package": name, "Depends": depends, "Size": "100", "SHA256": strings.Repeat("a", 64)}
}

func TestKernelPackages(t *testing.T) {
	suite := map[string]stanza{}
	for _, s := range []stanza{
		packaged(metaPackage, "linux-image-7-cloud-amd64 (= 1), dracut"),
		packaged("linux-image-7-cloud-amd64", "linux-modules-7-cloud-amd64, linux-binary-7-cloud-amd64, kmod"),
		packaged("linux-binary-7-cloud-amd64", "linux-image-7-cloud-amd64"),
		packaged("linux-modules-7-cloud-amd64", ""),
	} {
		suite[s["Package"]] = s
	}
	show := func(name string) (stanza, error) {
		s, ok := suite[name]
		if !ok {
			return nil, fmt.Errorf("no package %s", name)
		}
		return s, nil
	}
	found, err := kernelPackages(show)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range found {
		names = append(names, s["Package"])
	}
	want := []string{"linux-image-7-cloud-amd64", "linux-modules-7-cloud-amd64", "linux-binary-7-cloud-amd64"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}

	for field, value := range map[string]string{"Size": "104857601", "SHA256": "abc", "Depends": "linux-gone-7-cloud-amd64"} {
		kept := suite["linux-modules-7-cloud-amd64"]
		changed := packaged(kept["Package"], "")
		changed[field] = value
		suite[kept["Package"]] = changed
		if _, err := kernelPackages(show); err == nil {
			t.Errorf("%s %q is accepted", field, value)
		}
		suite[kept["Package"]] = kept
	}
}

func TestKernelPackagesEnd(t *testing.T) {
	n := 0
	_, err := kernelPackages(func(name string) (stanza, error) {
		n++
		return packaged(name, fmt.Sprintf("linux-%d-cloud-amd64", n)), nil
	})
	if err == nil || n > 20 {
		t.Errorf("endless dependencies: asked %d times, %v", n, err)
	}
}

func TestNewest(t *testing.T) {
	text := "Package: a\nVersion: 2\n\nPackage: a\nVersion: 1\n"
	if s, err := newest(text, "a"); err != nil || s["Version"] != "2" {
		t.Errorf("newest is %v, %v", s, err)
	}
	if s, err := newest(text, "b"); err == nil {
		t.Errorf("package b is %v", s)
	}
}

func TestMirrorOf(t *testing.T) {
	targets := "http://mirror.example/security/|bookworm-security|main\n" +
		"http://tools.example/|stable/x|main\n" +
		"http://mirror.example/extra/|bookworm|contrib\n" +
		"http://mirror.example/debian/|bookworm|main\n"
	if got, err := mirrorOf(targets); err != nil || got != "http://mirror.example/debian/" {
		t.Errorf("mirror %q, %v", got, err)
	}
	if got, err := mirrorOf("x|bookworm-updates|main\n"); err == nil {
		t.Errorf("mirror %q where there is none", got)
	}
}
