package explain

import (
	"strings"
	"testing"
)

func TestAdvise(t *testing.T) {
	values := func(name string) (string, bool) {
		known := map[string]string{"rcvbuf": "4608", "net.ipv4.udp_mem": "10 20 30", "limit": "10 packets", "none": ""}
		value, ok := known[name]
		return value, ok
	}
	for _, test := range []struct {
		name string
		live []string
		want string
	}{
		{"no text", nil, "plain."},
		{"a value", []string{"It is {rcvbuf}."}, "It is 4608."},
		{"a multiple", []string{"Set {rcvbuf*4}, not {rcvbuf}."}, "Set 18432, not 4608."},
		{"a field", []string{"At most {net.ipv4.udp_mem#3}, better {net.ipv4.udp_mem#2*3}."}, "At most 30, better 60."},
		{"all fields", []string{"It is {net.ipv4.udp_mem}."}, "It is 10 20 30."},
		{"unknown value", []string{"It is {rcvbuf} of {somaxconn}."}, "plain."},
		{"the first one that is known", []string{"It is {somaxconn}.", "It is {limit}.", "It is {rcvbuf}."}, "It is 10 packets."},
		{"a field that is not there", []string{"It is {net.ipv4.udp_mem#4}."}, "plain."},
		{"a multiple of no number", []string{"It is {limit*2}."}, "plain."},
		{"an empty value", []string{"It is {none}."}, "plain."},
		{"senseless", []string{"It is {rcvbuf*x}.", "It is {rcvbuf#0}.", "It is {}."}, "plain."},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := Verdict{Advice: "plain.", Live: test.live}
			if got := v.Advise(values); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCheckLive(t *testing.T) {
	for text, good := range map[string]bool{
		"It is {a.b-c_d}.": true, "It is {a#2*4}.": true,
		"It is a.": false, "It is {a.": false, "It is a}.": false, "It is {a*0}.": false,
		"It is {a b}.": false, "It is {a}": false, "It is {a#300}.": false, "{a} {b}}.": false,
	} {
		if err := checkLive(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestPlainWithoutValues holds that no reader of `dropwatch explain` sees a
// brace.
func TestPlainWithoutValues(t *testing.T) {
	for _, r := range loaded(t).rules {
		if text := r.verdict.Cause + r.verdict.Advice; strings.ContainsAny(text, "{}") {
			t.Errorf("rule %s: %s", r.data.label(), text)
		}
		if r.verdict.Advice == "" {
			t.Errorf("rule %s has no plain advice", r.data.label())
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add("It is {a#2*4} of {b}.", "1 2 3")
	f.Add("{a}}{", "{a}")
	f.Fuzz(func(t *testing.T, text, value string) {
		got, ok := fill(text, func(string) (string, bool) { return value, true })
		if ok && !strings.Contains(text, "{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if checkLive(text) == nil {
			if _, ok := fill(text, func(string) (string, bool) { return "1 1 1", true }); !ok && !strings.ContainsAny(text, "#*") {
				t.Errorf("%q is fine but cannot be filled", text)
			}
		}
	})
}
