package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// A result is what a script left behind.
type result struct {
	Status   int
	Out, Err string
}

func runScript(t *testing.T, script string, config Config) result {
	t.Helper()
	var out, errs bytes.Buffer
	config.In, config.Out, config.Err = strings.NewReader(script), &out, &errs
	if config.Commands == nil {
		config.Commands = testTable(nil)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result{status, out.String(), errs.String()}
}

func TestScript(t *testing.T) {
	tests := map[string]struct {
		script string
		want   result
	}{
		"nothing":                  {"", result{}},
		"blank and comment":        {"\n \t\n# start\n  # start\n#\n", result{}},
		"exact":                    {"stop\n", result{0, "stop []\n", ""}},
		"no last line end":         {"stop", result{0, "stop []\n", ""}},
		"DOS line end":             {"stop\r\n", result{0, "stop []\n", ""}},
		"alias":                    {"read a", result{0, "load [\"a\"]\n", ""}},
		"beginning":                {"sto", result{0, "stop []\n", ""}},
		"beginning of both":        {"se alertm packet", result{0, "alertmode [\"packet\"]\n", ""}},
		"beginning of alias":       {"qu", result{0, "Shutting down ...\n", ""}},
		"ambiguous":                {"st", result{2, "", "line 1: ambiguous command \"st\": could be start, stop\n"}},
		"ambiguous sub":            {"set alert 1", result{2, "", "line 1: ambiguous command \"set alert\": could be set alertlimit, set alertmode\n"}},
		"unknown":                  {"\nfoo bar", result{2, "", "line 2: unknown command \"foo\"; type help for the list\n"}},
		"unknown sub":              {"set foo", result{2, "", "line 1: unknown command \"set foo\"; type help set for the list\n"}},
		"glued argument":           {"set alertlimit5", result{2, "", "line 1: unknown command \"set alertlimit5\"; type help set for the list\n"}},
		"empty word":               {"''", result{2, "", "line 1: unknown command \"\"; type help for the list\n"}},
		"missing sub":              {"set", result{2, "", "line 1: set: what comes next is missing\nusage: set alertlimit|alertmode|a-very-long-setting-name\n"}},
		"usage":                    {"set alertlimit x", result{2, "", "line 1: set alertlimit: parse: \"x\" is no number\nusage: set alertlimit <number>\n"}},
		"usage without message":    {"set alertlimit", result{2, "", "line 1: set alertlimit: wrong usage\nusage: set alertlimit <number>\n"}},
		"arguments refused":        {"stop now", result{2, "", "line 1: stop: takes no arguments\nusage: stop\n"}},
		"sub of a command":         {"show filter\nshow", result{0, "show filter []\nshow []\n", ""}},
		"raw":                      {"filter  a == 'b c\\  ", result{0, "filter [\"a == 'b c\\\\  \"]\n", ""}},
		"raw without rest":         {"filter ", result{0, "filter []\n", ""}},
		"quotes":                   {`load 'a b' "c" d\ e`, result{0, "load [\"a b\" \"c\" \"d e\"]\n", ""}},
		"open quote":               {"load 'a", result{2, "", "line 1: column 6: quote ' is not closed\n"}},
		"goes on":                  {"fail\nstop\n", result{1, "stop []\n", "line 1: fail: cannot\n"}},
		"worst wins":               {"foo\nfail\nstop", result{2, "stop []\n", "line 1: unknown command \"foo\"; type help for the list\nline 2: fail: cannot\n"}},
		"exit":                     {"stop\nexit\nstop", result{0, "stop []\nShutting down ...\n", ""}},
		"exit after failure":       {"fail\nexit", result{1, "Shutting down ...\n", "line 1: fail: cannot\n"}},
		"longest line":             {"filter " + strings.Repeat("x", maxLine-7) + "\nstop", result{0, "filter [\"" + strings.Repeat("x", maxLine-7) + "\"]\nstop []\n", ""}},
		"too long":                 {strings.Repeat("x", maxLine+1) + "\nstop", result{2, "stop []\n", "line 1: line is longer than 65536 bytes\n"}},
		"much too long at the end": {"stop\n" + strings.Repeat("x", 3*maxLine), result{2, "stop []\n", "line 2: line is longer than 65536 bytes\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, runScript(t, test.script, Config{})); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScriptOptions(t *testing.T) {
	atEOF := func(s *Session) { s.Print("Terminating...\n") }
	tests := map[string]struct {
		script string
		config Config
		want   result
	}{
		"no prompt":     {"stop\n", Config{Prompt: "tool> "}, result{0, "stop []\n", ""}},
		"echo":          {"stop\n", Config{Prompt: "tool> ", EchoPrompt: true}, result{0, "tool> stop\nstop []\n", ""}},
		"end of input":  {"stop\n", Config{OnEOF: atEOF}, result{0, "stop []\nTerminating...\n", ""}},
		"left before":   {"exit\n", Config{OnEOF: atEOF}, result{0, "Shutting down ...\n", ""}},
		"stop on error": {"fail\nstop\n", Config{StopOnError: true, OnEOF: atEOF}, result{1, "", "line 1: fail: cannot\n"}},
		"stop on typo":  {"foo\nstop\n", Config{StopOnError: true}, result{2, "", "line 1: unknown command \"foo\"; type help for the list\n"}},
		"own help": {"help\n", Config{Commands: []Command{{Name: "help", Run: func(_ context.Context, s *Session, _ []string) error {
			s.Print("own\n")
			return nil
		}}}}, result{0, "own\n", ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, runScript(t, test.script, test.config)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScriptNeverTouchesHistory(t *testing.T) {
	path := t.TempDir() + "/new/history"
	runScript(t, "stop\n", Config{HistoryFile: path})
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("history file: %v, want that it does not exist", err)
	}
}

func TestScriptReadError(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader("stop\n"), iotest.ErrReader(broken))
	var out bytes.Buffer
	s, err := New(Config{Commands: testTable(nil), In: in, Out: &out, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.Run(t.Context())
	if status != StatusFailed || !errors.Is(err, broken) {
		t.Errorf("Run = %d, %v; want %d and the read error", status, err, StatusFailed)
	}
	if out.String() != "stop []\n" {
		t.Errorf("output %q: the line before the error did not run", out.String())
	}
}
