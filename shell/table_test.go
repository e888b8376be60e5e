package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// testTable is a table like that of a real tool. Before, if not nil, is called
// with the name of each command that runs.
func testTable(before func(name string)) []Command {
	run := func(name string) func(context.Context, *Session, []string) error {
		return func(_ context.Context, s *Session, args []string) error {
			if before != nil {
				before(name)
			}
			s.Printf("%s %q\n", name, args)
			return nil
		}
	}
	return []Command{
		{
			Name: "start", Help: "start watching\nCtrl-C ends it.",
			Run: func(ctx context.Context, s *Session, _ []string) error {
				s.Print("started\n")
				if before != nil {
					before("start")
				}
				<-ctx.Done()
				s.Print("stopped by Ctrl-C\n")
				return fmt.Errorf("watch: %w", ctx.Err())
			},
		},
		{Name: "stop", Help: "stop watching", Run: run("stop")},
		{
			Name: "set", Help: "change a setting\nSettings last until the end of the session.",
			Sub: []Command{
				{Name: "alertlimit", Args: "<number>", Help: "stop after that many lines", Run: runLimit},
				{
					Name: "alertmode", Args: "summary|packet", Help: "how drops are shown\nsummary counts them,\npacket shows each.",
					Run: run("alertmode"), Complete: func([]string) []string { return []string{"summary", "packet"} },
				},
				{Name: "a-very-long-setting-name", Args: "<value>", Help: "a setting whose name leaves no room before the column of what it means", Run: run("long")},
			},
		},
		{Name: "filter", Args: "<expression>", Raw: true, Help: "show only some drops", Run: run("filter"), Complete: fields},
		{Name: "load", Aliases: []string{"read"}, Args: "<file>...", Help: "load files", Run: run("load"), Complete: files},
		{Name: "show", Help: "show the settings", Run: run("show"), Sub: []Command{{Name: "filter", Run: run("show filter")}}},
		{Name: "fail", Args: "[reason]", Help: "fail", Run: func(_ context.Context, _ *Session, args []string) error {
			return errors.New(strings.Join(append([]string{"cannot"}, args...), " "))
		}},
		{Name: "exit", Aliases: []string{"quit"}, Help: "leave", Run: func(_ context.Context, s *Session, _ []string) error {
			s.Print("Shutting down ...\n")
			return fmt.Errorf("done: %w", ErrExit)
		}},
	}
}

func runLimit(_ context.Context, s *Session, args []string) error {
	var n int
	if len(args) != 1 {
		return Usagef("")
	}
	if _, err := fmt.Sscan(args[0], &n); err != nil {
		return fmt.Errorf("parse: %w", Usagef("%q is no number", args[0]))
	}
	s.Printf("limit %d\n", n)
	return nil
}

func fields([]string) []string { return []string{`reason=="A"`, "len"} }

func files(args []string) []string {
	return []string{"plain", "with blank", "it's", fmt.Sprintf("number-%d", len(args))}
}

func TestCheckTable(t *testing.T) {
	run := func(context.Context, *Session, []string) error { return nil }
	tests := map[string]struct {
		table []Command
		want  string
	}{
		"good":            {testTable(nil), ""},
		"no name":         {[]Command{{Run: run}}, `check command table: "": bad name ""`},
		"blank":           {[]Command{{Name: "a b", Run: run}}, `check command table: "a b": bad name "a b"`},
		"quote":           {[]Command{{Name: "a", Aliases: []string{"'"}, Run: run}}, `check command table: "a": bad name "'"`},
		"comment":         {[]Command{{Name: "#a", Run: run}}, `check command table: "#a": bad name "#a"`},
		"twice":           {[]Command{{Name: "a", Run: run}, {Name: "b", Aliases: []string{"a"}, Run: run}}, `check command table: "b": name "a" is used twice`},
		"nothing to do":   {[]Command{{Name: "a", Sub: []Command{{Name: "b"}}}}, `check command table: "a b": has neither Run nor Sub`},
		"raw with sub":    {[]Command{{Name: "a", Raw: true, Sub: []Command{{Name: "b", Run: run}}}}, `check command table: "a": Raw does not go with Sub`},
		"same in two sub": {[]Command{{Name: "a", Sub: []Command{{Name: "c", Run: run}}}, {Name: "b", Sub: []Command{{Name: "c", Run: run}}}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Config{Commands: test.table}); errorText(err) != test.want {
				t.Errorf("error %q, want %q", errorText(err), test.want)
			}
		})
	}
	if _, err := New(Config{Prompt: "a\nb"}); err == nil {
		t.Error("a prompt of two lines is accepted")
	}
}
