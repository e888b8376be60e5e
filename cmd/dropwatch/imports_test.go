package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A listed package is what the go command tells about it.
type listed struct {
	ImportPath   string
	Dir          string
	Doc          string
	Imports      []string
	Deps         []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	output, err := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Imports,Deps,GoFiles,TestGoFiles,XTestGoFiles", "dropwatch/...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages", len(packages))
	}
	return packages
}

// under tells whether a package is one of some, or below one.
func under(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

var (
	public    = []string{"dropwatch/dropmon", "dropwatch/symbols", "dropwatch/counters", "dropwatch/shell"}
	appliance = []string{
		"dropwatch/internal/agent", "dropwatch/internal/store", "dropwatch/internal/web", "dropwatch/internal/console",
		"dropwatch/internal/session", "dropwatch/internal/report", "dropwatch/internal/owner",
	}
)

// TestArrows holds the directions in which packages may depend on each other,
// at any distance.
func TestArrows(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range []struct {
		from   []string
		never  []string
		except []string
		why    string
	}{
		{from: public, never: appliance, why: "others build on the public packages; they must not bring the program along"},
		{from: public, never: []string{"dropwatch/cmd"}, why: "arrows run downwards"},
		{from: []string{"dropwatch/internal"}, never: []string{"dropwatch/cmd"}, why: "arrows run downwards"},
		{from: []string{"dropwatch/dropmon"}, never: []string{"dropwatch/symbols"}, why: "a drop carries the raw address, so that it can be recorded on one host and named on another"},
		{from: []string{"dropwatch/symbols"}, never: []string{"dropwatch/dropmon"}, why: "names of addresses are of use without drops"},
		{from: []string{"dropwatch/shell"}, never: []string{"dropwatch"}, except: []string{"dropwatch/shell"}, why: "the shell knows nothing of networks"},
		{from: []string{"dropwatch/internal/report"}, never: []string{"dropwatch"}, except: []string{"dropwatch/internal/report"}, why: "a report is plain values, which can come from a file or a peer"},
		{from: []string{"dropwatch/internal/bpf"}, never: []string{"dropwatch"}, except: []string{"dropwatch/internal/bpf"}, why: "what loads programs does not know what they are for"},
		{from: []string{"dropwatch/internal/session"}, never: []string{"dropwatch/internal/console", "dropwatch/shell"}, why: "watching works without a prompt"},
	} {
		for _, p := range packages {
			if !under(p.ImportPath, rule.from...) {
				continue
			}
			for _, dep := range p.Deps {
				if under(dep, rule.never...) && !under(dep, rule.except...) {
					t.Errorf("%s depends on %s: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
	}
}

// TestImporters holds who may use a library directly. Tests may.
func TestImporters(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range []struct {
		library string
		only    []string
		why     string
	}{
		{"github.com/cilium/ebpf", []string{"dropwatch/internal/bpf", "dropwatch/internal/bench", "dropwatch/internal/scenario"}, "all programs for the kernel are in one place"},
		{"github.com/cilium/ebpf/btf", []string{"dropwatch/internal/bpf", "dropwatch/internal/bench", "dropwatch/internal/scenario", "dropwatch/symbols"}, "only types and names are read from BTF elsewhere"},
		{"github.com/mdlayher/genetlink", []string{"dropwatch/internal/netdm"}, "one client of NET_DM"},
		{"github.com/chzyer/readline", []string{"dropwatch/shell"}, "its faults are worked around in one place"},
		{"github.com/spf13/cobra", []string{"dropwatch/cmd"}, "commands are thin; what they do can be used without them"},
		{"github.com/hashicorp/memberlist", []string{"dropwatch/internal/peer"}, "its traps are closed in one place"},
		{"golang.org/x/image", []string{"dropwatch/internal/history/graph"}, "pictures are drawn in one place"},
		{"github.com/expr-lang/expr", []string{"dropwatch/dropmon"}, "filters are compiled and bounded in one place"},
	} {
		for _, p := range packages {
			for _, dep := range p.Imports {
				exact := rule.library == "github.com/cilium/ebpf" && under(dep, "github.com/cilium/ebpf/btf")
				if under(dep, rule.library) && !exact && !under(p.ImportPath, rule.only...) {
					t.Errorf("%s imports %s: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
	}
}

func TestPackagesAreDescribed(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// maxLines keeps files to one idea.
const maxLines = 500

func TestFilesAreShort(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("\n")); n > maxLines && !generated(text) {
				t.Errorf("%s/%s has %d lines, at most %d are allowed", p.ImportPath, file, n, maxLines)
			}
		}
	}
}

// generated finds the mark that the go command looks for too.
func generated(text []byte) bool {
	head, _, _ := bytes.Cut(text, []byte("\npackage "))
	return bytes.Contains(head, []byte("// Code generated ")) && bytes.Contains(head, []byte(" DO NOT EDIT."))
}
