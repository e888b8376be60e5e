package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRootIdle watches all agents for one interval.
func TestRootIdle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "dropwatch")
	if err := build(t.Context(), binary, "dropwatch/cmd/dropwatch"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	m, err := idle(t.Context(), options{idle: interval}, dir, binary, &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, name := range []string{idleAlone, idleCollector, idleScraped} {
		i := m.find(name)
		if i == nil || len(i.shares) != 1 || i.shares[0] <= 0 || i.ready <= 0 || i.memory.now <= 0 || i.memory.peak < i.memory.now {
			t.Errorf("%s: %+v", name, i)
			continue
		}
		if i.metrics != nil && i.metrics.series == 0 {
			t.Errorf("%s: no metrics", name)
		}
	}
}

// TestRootOver lays a directory over another one that only a child sees.
func TestRootOver(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	below, above := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(above, "file"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := over(below, above)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	command := exec.Command("cat", filepath.Join(below, "file"))
	command.Stdout = &out
	if err := errors.Join(in(command.Start), command.Wait()); err != nil || out.String() != "text" {
		t.Errorf("a child reads %q, %v", out.String(), err)
	}
	if _, err := os.Stat(filepath.Join(below, "file")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is seen here too: %v", err)
	}
}
