package record

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText makes a string from anywhere fit to be printed and stored: nothing
// in it controls a terminal, and it has at most n bytes of whole characters.
func cleanText(s string, n int) string {
	if !plain(s) {
		s = strings.Map(printable, strings.ToValidUTF8(s, "?"))
	}
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// plain finds what most strings are, printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}
