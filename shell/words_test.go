package shell

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	tests := map[string]struct {
		line string
		want []string
		err  string
	}{
		"empty":                     {"", nil, ""},
		"blanks":                    {" \t ", nil, ""},
		"plain":                     {"set  trunc\t80 ", []string{"set", "trunc", "80"}, ""},
		"single quotes":             {`'a b' 'c\d"'`, []string{"a b", `c\d"`}, ""},
		"double quotes":             {`"a b" "c'd"`, []string{"a b", "c'd"}, ""},
		"escapes in double quotes":  {`"a\"b\\c\n"`, []string{`a"b\c\n`}, ""},
		"backslash":                 {`a\ b \'c \\ \é`, []string{"a b", "'c", `\`, "é"}, ""},
		"empty words":               {`'' "" a''`, []string{"", "", "a"}, ""},
		"joined parts":              {`a'b c'"d e"f`, []string{"ab cd ef"}, ""},
		"comment sign later":        {"a #b", []string{"a", "#b"}, ""},
		"not UTF-8":                 {"\xff \xfe", []string{"\xff", "\xfe"}, ""},
		"open single quote":         {"é 'b c", nil, "column 3: quote ' is not closed"},
		"open double quote":         {`a "b\"`, nil, `column 3: quote " is not closed`},
		"quote opened in a word":    {`ab'c`, nil, "column 3: quote ' is not closed"},
		"backslash at the end":      {`a b\`, nil, "column 4: backslash at the end of the line"},
		"backslash in open quote":   {`"\`, nil, `column 1: quote " is not closed`},
		"as many words as possible": {strings.Repeat("a ", maxWords), strings.Fields(strings.Repeat("a ", maxWords)), ""},
		"too many words":            {strings.Repeat("a ", maxWords+1), nil, "column 2049: more than 1024 words"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := splitWords(test.line, 0)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
			if text := errorText(err); text != test.err {
				t.Errorf("error %q, want %q", text, test.err)
			}
			if err != nil && statusOf(err) != StatusUsage {
				t.Errorf("status %d, want %d", statusOf(err), StatusUsage)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Words that were split and quoted again are the same words.
func FuzzSplitWords(f *testing.F) {
	for _, line := range []string{"", "a b", `'a b' "c\"" d\ e`, `'`, `\`, "é \xff'", "a\x00b", `''`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line, 0)
		if err != nil {
			if statusOf(err) != StatusUsage {
				t.Fatalf("status of %v is not usage", err)
			}
			return
		}
		for _, open := range []quoting{bare, single, double} {
			var b strings.Builder
			for _, w := range words {
				switch {
				case open != bare:
					b.WriteByte(byte(open))
				case w == "":
					b.WriteString("''")
				}
				b.WriteString(quote(w, open, true))
			}
			again, err := splitWords(b.String(), 0)
			if err != nil {
				t.Fatalf("split %q again: %v", b.String(), err)
			}
			if diff := cmp.Diff(words, again); diff != "" {
				t.Fatalf("words of %q (-want +got):\n%s", b.String(), diff)
			}
		}
	})
}

// What completion inserts never changes what was typed before, and gives a line
// that can be split when it ends a word.
func FuzzComplete(f *testing.F) {
	for _, line := range []string{"", "s", "set ", "set alertm", "load '", `load "a`, `load a\`, "#", "filter a == b", "help set "} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := complete(withHelp(testTable(nil)), line)
		if got.insert != "" && len(got.choices) > 0 {
			t.Fatalf("complete(%q) both inserts and shows", line)
		}
		if strings.HasSuffix(got.insert, " ") && !strings.HasPrefix(strings.TrimLeft(line, " \t"), "f") {
			if _, err := splitWords(line+got.insert, 0); err != nil {
				t.Fatalf("complete(%q) = %q: %v", line, got.insert, err)
			}
		}
	})
}
