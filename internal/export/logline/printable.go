package logline

import (
	"unicode"
	"unicode/utf8"
)

// AppendPrintable appends text such that it stays on one line and cannot harm
// the terminal that shows it. Names of processes and devices are chosen by
// others. Line breaks, other control characters, characters that turn the
// direction of writing, and bytes that are no UTF-8 are written as in Go source:
// \n, \x1b, \u202e. A backslash stays as it is.
func AppendPrintable(b []byte, text string) []byte {
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if broken := r == utf8.RuneError && size == 1; broken || !harmless(r) {
			b = append(b, text[start:i]...)
			b = appendEscaped(b, r, text[i], broken)
			start = i + size
		}
		i += size
	}
	return append(b, text[start:]...)
}

// harmless characters move nothing but the cursor, by one place or two.
func harmless(r rune) bool {
	return !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Bidi_Control, r) && r != '\u2028' && r != '\u2029'
}

func appendEscaped(b []byte, r rune, first byte, broken bool) []byte {
	switch {
	case r == '\n':
		return append(b, `\n`...)
	case r == '\r':
		return append(b, `\r`...)
	case r == '\t':
		return append(b, `\t`...)
	case broken:
		return append(b, '\\', 'x', hexDigits[first>>4], hexDigits[first&15])
	case r < 0x100:
		return append(b, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
	}
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

const hexDigits = "0123456789abcdef"
