package report

import (
	"strings"
	"unicode"
)

// maxName is as many characters as a name from outside may have in a text.
const maxName = 200

// clean makes a name from outside fit to be printed: without what could control
// a terminal, and of bounded length.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName]) + "..."
	}
	return name
}
