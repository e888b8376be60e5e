package dropmon

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilterMatch(t *testing.T) {
	drop := Attributes{
		Reason: "NO_SOCKET", Interface: "eth0", Bytes: 120, Transport: "UDP",
		Source: "10.0.0.1", DestinationPort: 53, NetNS: "b",
	}
	for expression, want := range map[string]bool{
		``: true,
		`reason == "NO_SOCKET" && interface == "eth0" && bytes > 100`: true,
		`reason == "NO_SOCKET" && bytes > 120`:                        false,
		`reason in ["NO_SOCKET", "IP_CSUM"]`:                          true,
		`reason startsWith "TCP_" || destination_port == 53`:          true,
		`not (netns == "b")`:                                          false,
		`source matches "^10\\."`:                                     true,
	} {
		f, err := CompileFilter(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got, err := f.Match(drop); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", expression, got, err, want)
		}
	}
}

func TestFilterError(t *testing.T) {
	for _, test := range []struct {
		expression string
		column     int
		problem    string
	}{
		{`reason == "A" && resaon == "B"`, 18, "no attribute resaon; known: buffers bytes class"},
		{`bytes > "many"`, 7, "invalid operation"},
		{`bytes`, 1, "expected bool"},
		{`reason ==`, 9, "unexpected token EOF"},
		{`(reason == "A"`, 14, "unexpected token EOF"},
		{strings.Repeat("(", 5000), 4097, "longer than 4096 bytes"},
	} {
		_, err := CompileFilter(test.expression)
		var located *FilterError
		if !errors.As(err, &located) {
			t.Errorf("%.40s: got %v, want a FilterError", test.expression, err)
			continue
		}
		if located.Column != test.column || !strings.Contains(located.Problem, test.problem) {
			t.Errorf("%.40s: got column %d, %q, want column %d, %q", test.expression, located.Column, located.Problem, test.column, test.problem)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: error is longer than a line: %q", test.expression, err)
		}
	}
}

func TestFilterFixed(t *testing.T) {
	for _, test := range []struct {
		expression string
		want       map[string][]string
		detail     Detail
	}{
		{`reason == "A" && "b" == netns && bytes > 3`, map[string][]string{"reason": {"A"}, "netns": {"b"}}, 0},
		{`reason in ["B", "A"] and (interface == "x" and pid == 3)`, map[string][]string{"reason": {"A", "B"}, "interface": {"x"}}, DetailSocket},
		{`reason == "A" || netns == "b"`, nil, 0},
		{`not (reason == "A")`, nil, 0},
		{`reason != "A" && source == "::1" && length > 1000`, map[string][]string{"source": {"::1"}}, DetailFlow | DetailLength},
		{`reason == "A" && reason == "B"`, map[string][]string{"reason": {"A"}}, 0},
	} {
		f, err := CompileFilter(test.expression)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		got := make(map[string][]string)
		for _, name := range AttributeNames() {
			if values := f.Fixed(name); values != nil {
				got[name] = values
			}
		}
		if test.want == nil {
			test.want = map[string][]string{}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: fixed values (-want +got)\n%s", test.expression, diff)
		}
		if got := f.Detail(); got != test.detail {
			t.Errorf("%s: detail %b, want %b", test.expression, got, test.detail)
		}
	}
}

func FuzzCompileFilter(f *testing.F) {
	f.Add(`reason == "NO_SOCKET" && bytes > 100`)
	f.Add(`a in [`)
	f.Fuzz(func(t *testing.T, expression string) {
		filter, err := CompileFilter(expression)
		if err != nil {
			if filter != nil {
				t.Fatal("a filter and an error")
			}
			return
		}
		// what is fixed must hold for every match
		for _, name := range []string{"reason", "netns", "interface"} {
			values := filter.Fixed(name)
			if values == nil {
				continue
			}
			if ok, err := filter.Match(Attributes{}); err == nil && ok {
				empty := false
				for _, v := range values {
					empty = empty || v == ""
				}
				if !empty {
					t.Fatalf("%q matches without %s in %q", expression, name, values)
				}
			}
		}
	})
}
