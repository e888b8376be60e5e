package rrdcached

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(text string) (answer, error) {
	return readAnswer(bufio.NewReaderSize(strings.NewReader(text), maxLine))
}

func TestAnswer(t *testing.T) {
	for text, want := range map[string]answer{
		"0 errors, enqueued 1 value(s).\n":      {0, "errors, enqueued 1 value(s).", nil},
		"-1 No such file: /x\n":                 {-1, "No such file: /x", nil},
		"2 errors\n1 a\n3 b\n0 more\n":          {2, "errors", []string{"1 a", "3 b"}},
		"Did you pass -R to the daemon?\n0 x\n": {0, "x", nil},
		"0\n":                                   {0, "", nil},
		"1 x\r\n\x1b\r\n":                       {1, "x", []string{"?"}},
	} {
		got, err := parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, text := range []string{"", "0", "5 x\n1 a\n", "99999999 x\n", strings.Repeat("x\n", 100), "0 " + strings.Repeat("x", 5000) + "\n"} {
		if a, err := parse(text); err == nil {
			t.Errorf("%.20q: %+v", text, a)
		}
	}
}

func TestFailures(t *testing.T) {
	a := answer{lines: []string{"2 No permission", "Did you pass -R?", "3 x"}}
	got, err := a.failures(3)
	if want := []failure{{2, "No permission Did you pass -R?"}, {3, "x"}}; err != nil || !cmp.Equal(want, got, cmp.AllowUnexported(failure{})) {
		t.Errorf("%v, %v", got, err)
	}
	for _, lines := range [][]string{{"4 x"}, {"0 x"}, {"-1 x"}, {"x"}} {
		if got, err := (&answer{lines: lines}).failures(3); err == nil {
			t.Errorf("%q: %v", lines, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("2 errors\n1 a\nb\n")
	f.Add("x\n-1 y\n")
	f.Add("2000 x\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parse(text)
		if err != nil {
			return
		}
		if len(a.lines) != max(a.code, 0) {
			t.Fatalf("%d lines of %d", len(a.lines), a.code)
		}
		for _, line := range append(a.lines, a.text) {
			if strings.ContainsAny(line, "\x1b\n\r\x00") {
				t.Fatalf("%q", line)
			}
		}
		list, err := a.failures(100)
		for _, x := range list {
			if err != nil || x.command < 1 || x.command > 100 {
				t.Fatalf("%+v, %v", list, err)
			}
		}
	})
}

func TestFileName(t *testing.T) {
	for _, test := range []struct{ host, key, want string }{
		{"web1", "cpu.busy", "web1@cpu.busy.rrd"},
		{"web-1.example.org", "interface.rx_bytes[eth0.5]", "web-1.example.org@interface.rx_bytes-eth0.5.rrd"},
		{"a@b", "filesystem.used[/var/a b]", "a%40b@filesystem.used-%2Fvar%2Fa%20b.rrd"},
		{"..", "..", "%2E.@%2E..rrd"},
		{"\u00e9\n", "x", "%C3%A9%0A@x.rrd"},
	} {
		if got := FileName(test.host, test.key, false); got != test.want {
			t.Errorf("%q %q: %s, want %s", test.host, test.key, got, test.want)
		}
	}
	if got := FileName("a", "b[c]", true); got != "a/b-c.rrd" {
		t.Error(got)
	}
	long := strings.Repeat("x", 300)
	seen := map[string]string{}
	for _, host := range []string{"a", "a-b", "a.b", "", long + "1", long + "2", "%61"} {
		for _, key := range []string{"a", "a-b", "a[b]", "a[-b]", "a-[b]", "a[b", "a[b[c]]", "a]", "a[]", "a[" + long + "1]", "a[" + long + "2]"} {
			name := FileName(host, key, false)
			if other, ok := seen[name]; ok || len(name) > 255 || strings.ContainsAny(name, "/ \n") {
				t.Errorf("%.10q %.10q: %s; also of %s", host, key, name, other)
			}
			seen[name] = fmt.Sprintf("%.10q %.10q", host, key)
		}
	}
}

func TestQueue(t *testing.T) {
	q := newQueue(100)
	next, want := 0, 0
	for round := range 50 {
		for range round * 3 {
			q.put(item{at: float64(next)})
			next++
		}
		if count, lost := q.state(); count > 100 || next-want-count != int(lost) && round == 0 {
			t.Fatalf("%d values, %d lost", count, lost)
		}
		for _, i := range q.take(40) {
			if int(i.at) < want {
				t.Fatalf("%v after %d", i.at, want)
			}
			want = int(i.at) + 1
		}
	}
	if count, lost := q.state(); lost == 0 || want+count != next {
		t.Errorf("the newest are not there: %d given, %d wait, %d were taken up to", next, count, want)
	}
}
