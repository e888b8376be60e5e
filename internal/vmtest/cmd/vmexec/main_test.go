package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/vmtest"
)

func TestParseRun(t *testing.T) {
	m, j, err := parseRun([]string{"-kernel", "6.1", "-mem", "256", "-smp", "2", "-timeout", "9s",
		"-file", "a:/b", "-file", "c:/d", "-back", "e:/f", "--", "sh", "-c", "true"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vmtest.Machine{Kernel: "6.1", MiB: 256, CPUs: 2, Timeout: 9 * time.Second}, m); diff != "" {
		t.Error(diff)
	}
	want := vmtest.Job{
		Args:  []string{"sh", "-c", "true"},
		Files: []vmtest.File{{Host: "a", Guest: "/b"}, {Host: "c", Guest: "/d"}},
		Back:  []vmtest.File{{Host: "e", Guest: "/f"}},
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Error(diff)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"other"}, {"run"}, {"run", "-file", "a:b", "true"}, {"run", "-file", ":/b", "true"}, {"run", "-mem", "x", "true"},
		{"exec", "6.1"}, {"tests", "6.1"}, {"kernels", "2.4"},
	} {
		var out bytes.Buffer
		if status, err := run(t.Context(), args, &out, &out); status != statusUsage || err == nil {
			t.Errorf("%v: status %d, error %v", args, status, err)
		}
	}
}

func TestTestJob(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "testdata")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	j, err := testJob(dir, "/tmp/x.test", []string{"-test.v", "-test.coverprofile=c.out"})
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(dir, "c.out")
	want := vmtest.Job{
		Args: []string{"/tmp/x.test", "-test.v", "-test.coverprofile=c.out"}, Dir: dir,
		Files: []vmtest.File{{Host: "/tmp/x.test", Guest: "/tmp/x.test"}, {Host: data, Guest: data}},
		Back:  []vmtest.File{{Host: profile, Guest: profile}},
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Error(diff)
	}
	if got := profileOf(dir, []string{"-test.outputdir=/o", "-test.coverprofile=c"}); got != "/o/c" {
		t.Errorf("profile %q", got)
	}
	if got := profileOf(dir, []string{"-test.coverprofile=/c"}); got != "/c" {
		t.Errorf("profile %q", got)
	}
}

func TestStatusOf(t *testing.T) {
	for status, err := range map[int]error{
		statusTimeout: &vmtest.Failure{Err: vmtest.ErrTimeout},
		statusDied:    &vmtest.Failure{Err: vmtest.ErrDied},
		statusNoGuest: &vmtest.Failure{Err: vmtest.ErrNoProgram},
	} {
		if got := statusOf(err); got != status {
			t.Errorf("%v ends with %d, want %d", err, got, status)
		}
	}
}
