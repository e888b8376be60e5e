package hoststat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names are cut at these numbers of bytes.
const (
	maxName = 64   // users, terminals, devices
	maxHost = 256  // as in utmp
	maxPath = 1024 // mount points, exports
	maxWhy  = 512
)

// clean makes a text that others chose safe to print and to send: one line of
// valid UTF-8 without control characters, cut to a number of bytes. What was
// replaced shows as "?".
func clean(text string, limit int) string {
	text = cut(text, limit)
	plain := true
	for i := 0; i < len(text) && plain; i++ {
		plain = text[i] >= ' ' && text[i] < utf8.RuneSelf && text[i] != 0x7f
	}
	if plain {
		return text
	}
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	return text
}

// cut shortens a text without leaving a part of a character at its end.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
