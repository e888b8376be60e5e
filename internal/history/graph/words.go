package graph

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func runes(s string) int { return utf8.RuneCountInString(s) }

// maxText bounds what is looked at of a text.
const maxText = 1000

// clip makes a text printable and cuts it to a number of characters.
func clip(s string, n int) string {
	s = s[:min(len(s), maxText)]
	list := []rune(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s))
	if len(list) <= n {
		return string(list)
	}
	if n <= 3 {
		return ""
	}
	return string(list[:n-3]) + "..."
}
