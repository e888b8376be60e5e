package owner

import (
	"errors"
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		name, line string
		want       stat
		err        error
	}{
		{"plain", statLine(6857, "cat", 103239), stat{"cat", 103239}, nil},
		{"parentheses and blanks in the name", statLine(3, "a) S (b) 1", 7), stat{"a) S (b) 1", 7}, nil},
		{"terminal escape in the name", statLine(3, "a\x1b[2Jb\n", 7), stat{"a?[2Jb?", 7}, nil},
		{"empty name", statLine(3, "", 7), stat{"", 7}, nil},
		{"empty", "", stat{}, errStat},
		{"no name", "1 S 1 1", stat{}, errStat},
		{"reversed parentheses", "1 )x( S 1 1", stat{}, errStat},
		{"cut short", statLine(3, "cat", 7)[:30], stat{}, errStat},
		{"start is no number", strings.Replace(statLine(3, "cat", 7), " 7 ", " x ", 1), stat{}, errStat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseStat([]byte(tt.line))
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("cat", uint64(103239), "")
	f.Add("a) S (b", uint64(1), "1 (")
	f.Add("x", uint64(1<<63), ") S 1 2 3")
	f.Fuzz(func(t *testing.T, name string, start uint64, raw string) {
		got, err := parseStat([]byte(statLine(1, name, start)))
		if err != nil || got.start != start || got.name != printable(name) {
			t.Errorf("name %q start %d: got %+v, %v", name, start, got, err)
		}
		if got, err := parseStat([]byte(raw)); err != nil && got != (stat{}) {
			t.Errorf("%q: error %v with a result %+v", raw, err, got)
		}
	})
}

func TestParseLink(t *testing.T) {
	tests := []struct {
		target, prefix string
		want           uint64
		ok             bool
	}{
		{"net:[4026531833]", "net:[", 4026531833, true},
		{"socket:[18446744073709551615]", "socket:[", 1<<64 - 1, true},
		{"socket:[18446744073709551616]", "socket:[", 0, false},
		{"socket:[0]", "socket:[", 0, false},
		{"socket:[]", "socket:[", 0, false},
		{"socket:[12", "socket:[", 0, false},
		{"socket:[-1]", "socket:[", 0, false},
		{"pipe:[12]", "socket:[", 0, false},
		{"/tmp/socket:[12]", "socket:[", 0, false},
		{"", "net:[", 0, false},
	}
	for _, tt := range tests {
		got, err := parseLink(tt.target, tt.prefix)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: got %d, %v; want %d", tt.target, got, err, tt.want)
		}
	}
}
