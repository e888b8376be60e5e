package rotate

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// letters are all conversions that are known.
const letters = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%"

func TestLetters(t *testing.T) {
	for letter := range 256 {
		_, err := format("%"+string([]byte{byte(letter)}), time.Unix(0, 0))
		if want := strings.IndexByte(letters, byte(letter)) >= 0; want != (err == nil) {
			t.Errorf("%q: %v", rune(letter), err)
		}
	}
}

func TestFormat(t *testing.T) {
	afternoon := time.Date(2024, 2, 29, 13, 4, 5, 6, time.FixedZone("CET", 3600))
	for _, test := range []struct{ give, want, err string }{
		{"plain", "plain", ""},
		{"", "", ""},
		{"drops-%Y-%m-%d_%H:%M:%S.pcapng", "drops-2024-02-29_13:04:05.pcapng", ""},
		{"%s%%s", "1709208245%s", ""},
		{"%F %T %z %Z", "2024-02-29 13:04:05 +0100 CET", ""},
		{"%j %U %W %V %G %g %u %w", "060 08 09 09 2024 24 4 4", ""},
		{"%a %A %b %B %h %e %k %l %I %p %P %C %y", "Thu Thursday Feb February Feb 29 13  1 01 PM pm 20 24", ""},
		{"%c|%x|%X|%r|%R|%D|%n|%t|", "Thu Feb 29 13:04:05 2024|02/29/24|13:04:05|01:04:05 PM|13:04|02/29/24|\n|\t|", ""},
		{"é%Yé", "é2024é", ""},
		{"50%", "", "ends in %"},
		{"a%Qb", "", "%Q"},
		{"a%éb", "", "%é"},
		{"%-d", "", "%-"},
		{"%5Y", "", "%5"},
		{strings.Repeat("%c", 200), "", "more than 4095 bytes"},
	} {
		got, err := format(test.give, afternoon)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q is %q, %v, want %q, %s", test.give, got, err, test.want, test.err)
		}
	}
}

// TestFormatLikeDate compares with date(1) on days around the turns of years,
// where weeks are difficult.
func TestFormatLikeDate(t *testing.T) {
	if _, err := exec.LookPath("date"); err != nil {
		t.Skip(err)
	}
	text := ""
	for _, letter := range letters {
		if !strings.ContainsRune("nt%", letter) {
			text += fmt.Sprintf("%c=%%%c|", letter, letter)
		}
	}
	var input, want strings.Builder
	for year := 1999; year < 2013; year++ {
		for _, yearDay := range []int{-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 60, 200} {
			at := time.Date(year, 1, 1+yearDay, (yearDay+24)%24, 7, 9, 0, time.UTC)
			fmt.Fprintf(&input, "@%d\n", at.Unix())
			line, err := format(text, at)
			if err != nil {
				t.Fatal(err)
			}
			want.WriteString(line + "\n")
		}
	}
	c := exec.Command("date", "-f", "-", "+"+text)
	c.Env = []string{"TZ=UTC", "LC_ALL=C", "PATH=/usr/bin:/bin"}
	c.Stdin = strings.NewReader(input.String())
	got, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want.String()); diff != "" {
		t.Errorf("(-date +ours)\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	at := place{started: time.Unix(5, 0).UTC(), number: 0}
	later := place{started: time.Unix(5, 0).UTC(), number: 12}
	for _, test := range []struct {
		config       Config
		first, other string
	}{
		{Config{Path: "x%S"}, "x%S", "x%S"},
		{Config{Path: "x", Count: 9}, "x", "x"},
		{Config{Path: "x%S", Size: 1}, "x%S", "x%S12"},
		{Config{Path: "x", Size: 1, Count: 1}, "x", "x12"},
		{Config{Path: "x", Size: 1, Count: 2}, "x0", "x12"},
		{Config{Path: "x", Size: 1, Count: 10}, "x0", "x12"},
		{Config{Path: "x", Size: 1, Count: 11}, "x00", "x12"},
		{Config{Path: "x", Size: 1, Count: 1000}, "x000", "x012"},
		{Config{Path: "x%S", Every: time.Second}, "x05", "x05"},
		{Config{Path: "x%S", Every: time.Second, Count: 20}, "x05", "x05"},
		{Config{Path: "x%S-", Every: time.Second, Size: 1}, "x05-", "x05-12"},
		{Config{Path: "x%S-", Every: time.Second, Size: 1, Count: 20}, "x05-00", "x05-12"},
	} {
		first, err1 := test.config.name(at)
		other, err2 := test.config.name(later)
		if first != test.first || other != test.other || err1 != nil || err2 != nil {
			t.Errorf("%+v: %q %v and %q %v, want %q and %q", test.config, first, err1, other, err2, test.first, test.other)
		}
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("x-%Y-%m-%dT%H:%M:%S%%", int64(1_700_000_000))
	for _, letter := range letters {
		f.Add("%"+string(letter), int64(-1))
	}
	f.Fuzz(func(t *testing.T, text string, second int64) {
		got, err := format(text, time.Unix(second%(1<<36), 0).UTC())
		if err == nil && !strings.Contains(text, "%") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if err == nil && len(got) > maxName+len(text) || err != nil && got != "" {
			t.Errorf("%q became %d bytes, %v", text, len(got), err)
		}
	})
}
