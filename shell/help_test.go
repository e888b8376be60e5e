package shell

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden compares a text with a file below testdata. With UPDATE_GOLDEN set in
// the environment it writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestHelp(t *testing.T) {
	tests := map[string]string{
		"help":               "help.txt",
		"?":                  "help.txt",
		"help set":           "help-set.txt",
		"help set alertmode": "help-set-alertmode.txt",
		"help se alertm":     "help-set-alertmode.txt",
		"help quit":          "help-exit.txt",
		"help help":          "help-help.txt",
	}
	for line, file := range tests {
		t.Run(line, func(t *testing.T) {
			got := runScript(t, line, Config{})
			if got.Status != StatusOK || got.Err != "" {
				t.Errorf("status %d, errors %q", got.Status, got.Err)
			}
			golden(t, file, got.Out)
		})
	}
}

func TestHelpUnknown(t *testing.T) {
	tests := map[string]string{
		"help foo":     "line 1: unknown command \"foo\"; type help for the list\n",
		"help set foo": "line 1: unknown command \"set foo\"; type help set for the list\n",
		"help st":      "line 1: ambiguous command \"st\": could be start, stop\n",
	}
	for line, want := range tests {
		if diff := cmp.Diff(result{StatusUsage, "", want}, runScript(t, line, Config{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

func TestManual(t *testing.T) {
	var plain, markdown bytes.Buffer
	if err := WritePlain(&plain, testTable(nil)); err != nil {
		t.Fatal(err)
	}
	if err := WriteMarkdown(&markdown, testTable(nil)); err != nil {
		t.Fatal(err)
	}
	golden(t, "manual.txt", plain.String())
	golden(t, "manual.md", markdown.String())
}

// An entry named help says where the built-in command is listed; sections come
// after what has no heading, and part the sub commands too.
func TestHelpSections(t *testing.T) {
	run := func(context.Context, *Session, []string) error { return nil }
	table := []Command{
		{Name: "more", Help: "newer", Section: "More", Run: run},
		{Name: "leave", Help: "go", Run: run},
		{Name: "help", Help: "Display this message"},
		{Name: "set", Sub: []Command{
			{Name: "one", Args: "<number>", Help: "old", Run: run},
			{Name: "two", Help: "new", Section: "More", Run: run},
		}},
		{Name: "get", Sub: []Command{{Name: "three", Section: "More", Run: run}}},
	}
	want := `Command Syntax:
leave				 - go
help				 - Display this message
set:
	one <number>		 - old

More:
more				 - newer
set:
	two			 - new
get:
	three
Type help and a command for more.
`
	for _, line := range []string{"help", "?"} {
		got := runScript(t, line, Config{Commands: table})
		if diff := cmp.Diff(result{Out: want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
	got := runScript(t, "help  set two", Config{Commands: table})
	if diff := cmp.Diff(result{Out: "usage: set two\n\nnew\n"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
