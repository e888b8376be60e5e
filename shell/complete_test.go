package shell

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	tests := map[string]struct {
		insert  string
		choices []string
	}{
		"":                      {"", []string{"exit", "fail", "filter", "help", "load", "set", "show", "start", "stop"}},
		"x":                     {"", nil},
		"#":                     {"", nil},
		"ex":                    {"it ", nil},
		"exit":                  {" ", nil},
		"  ex":                  {"it ", nil},
		"st":                    {"", []string{"start", "stop"}},
		"sta":                   {"rt ", nil},
		"f":                     {"", []string{"fail", "filter"}},
		"rea":                   {"d ", nil},
		"set ":                  {"a", nil},
		"set a":                 {"", []string{"a-very-long-setting-name", "alertlimit", "alertmode"}},
		"set al":                {"ert", nil},
		"set alertm":            {"ode ", nil},
		"se alertm":             {"ode ", nil},
		"set alertmode ":        {"", []string{"packet", "summary"}},
		"set alertmode s":       {"ummary ", nil},
		"set alertmode x":       {"", nil},
		"set foo ":              {"", nil},
		"s ":                    {"", nil},
		"stop ":                 {"", nil},
		"load with":             {`\ blank `, nil},
		"load 'with":            {" blank' ", nil},
		`load "with b`:          {`lank" `, nil},
		`load with\`:            {" blank ", nil},
		"load it":               {`\'s `, nil},
		"load 'it":              {`'\''s' `, nil},
		"load n":                {"umber-1 ", nil},
		"load 'a b' c n":        {"umber-3 ", nil},
		"read p":                {"lain ", nil},
		"show ":                 {"filter ", nil},
		"filter r":              {`eason=="A" `, nil},
		`filter x == "a b" && `: {"", []string{"len", `reason=="A"`}},
		`filter (l`:             {"", nil},
		`filter '`:              {"", nil},
		"help se":               {"t ", nil},
		"help set alertl":       {"imit ", nil},
		"help foo ":             {"", nil},
		"? set alertl":          {"imit ", nil},
	}
	table := withHelp(testTable(nil))
	for line, want := range tests {
		got := complete(table, line)
		if got.insert != want.insert {
			t.Errorf("%q: inserts %q, want %q", line, got.insert, want.insert)
		}
		if diff := cmp.Diff(want.choices, got.choices); diff != "" {
			t.Errorf("%q: choices (-want +got):\n%s", line, diff)
		}
	}
}

func TestCommonPrefix(t *testing.T) {
	tests := []struct {
		words []string
		want  string
	}{
		{[]string{"abc"}, "abc"},
		{[]string{"abc", "abd"}, "ab"},
		{[]string{"é", "è"}, ""},
		{[]string{"aé", "aè"}, "a"},
		{[]string{"a", "b"}, ""},
		{[]string{"ab", "a"}, "a"},
	}
	for _, test := range tests {
		if got := commonPrefix(test.words); got != test.want {
			t.Errorf("commonPrefix(%q) = %q, want %q", test.words, got, test.want)
		}
	}
}

func TestColumns(t *testing.T) {
	words := []string{"a", "bb", "ccc", "d", "e"}
	tests := map[int]string{
		80: "a    bb   ccc  d    e\n",
		12: "a    d\nbb   e\nccc\n",
		1:  "a\nbb\nccc\nd\ne\n",
	}
	for width, want := range tests {
		if got := columns(words, width); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
}
