package owner

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is longer than any name the kernel gives and bounds those that come
// from files.
const maxName = 255

// printable replaces what could steer a terminal or break a line of output:
// any user may choose the name of a process, and the owner of a user namespace
// that of an interface.
func printable(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
