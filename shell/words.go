package shell

import (
	"strings"
	"unicode/utf8"
)

const (
	// maxLine bounds a line, in bytes without its end.
	maxLine = 64 << 10
	// maxWords bounds the words of one line.
	maxWords = 1024
)

// A quoting says which rules hold at a place in a line.
type quoting byte

const (
	bare     quoting = 0
	single   quoting = '\''
	double   quoting = '"'
	escaping quoting = '\\' // bare, right after a backslash
	verbatim quoting = 'r'  // nothing is special: the line of a raw command
)

// A word is one word of a line.
type word struct {
	text       string  // without quotes
	start, end int     // bytes of the line that it was made from
	open       quoting // not bare: the line ended before the word did
	openAt     int     // byte of the quote or backslash that was left open
}

// nextWord reads the word that starts at or after pos. It returns false at the
// end of the line.
func nextWord(line string, pos int) (word, bool) {
	for pos < len(line) && isBlank(line[pos]) {
		pos++
	}
	if pos == len(line) {
		return word{start: pos, end: pos}, false
	}
	w := word{start: pos}
	var text strings.Builder
	for ; pos < len(line); pos++ {
		c := line[pos]
		switch {
		case w.open == escaping:
			text.WriteByte(c)
			w.open = bare
		case w.open == bare && isBlank(c):
			w.text, w.end = text.String(), pos
			return w, true
		case w.open == bare && (c == '\'' || c == '"' || c == '\\'):
			w.open, w.openAt = quoting(c), pos
		case w.open != bare && c == byte(w.open):
			w.open = bare
		case w.open == double && c == '\\' && pos+1 < len(line) && (line[pos+1] == '"' || line[pos+1] == '\\'):
			pos++
			text.WriteByte(line[pos])
		default:
			text.WriteByte(c)
		}
	}
	w.text, w.end = text.String(), pos
	return w, true
}

// splitWords splits what stands in line from pos on.
func splitWords(line string, pos int) ([]string, error) {
	var words []string
	for {
		w, ok := nextWord(line, pos)
		if !ok {
			return words, nil
		}
		if err := w.check(line); err != nil {
			return nil, err
		}
		if len(words) == maxWords {
			return nil, lineErrorf("column %d: more than %d words", column(line, w.start), maxWords)
		}
		words = append(words, w.text)
		pos = w.end
	}
}

// check refuses a word that the line does not end.
func (w word) check(line string) error {
	switch w.open {
	case bare:
		return nil
	case escaping:
		return lineErrorf("column %d: backslash at the end of the line", column(line, w.openAt))
	default:
		return lineErrorf("column %d: quote %c is not closed", column(line, w.openAt), w.open)
	}
}

// column counts characters from 1.
func column(line string, pos int) int {
	return utf8.RuneCountInString(line[:pos]) + 1
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t'
}

// isComment tells lines that do nothing.
func isComment(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line == "" || line[0] == '#'
}

// quote writes the end of a word that begins at the cursor in the given way, so
// that splitting gives text again; done ends the word.
func quote(text string, open quoting, done bool) string {
	var b strings.Builder
	if open == escaping && text == "" {
		return "" // the backslash waits for a character that is not known
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case open == escaping && i == 0:
		case open == single && c == '\'':
			b.WriteString(`'\'`)
		case open == double && (c == '"' || c == '\\'),
			(open == bare || open == escaping) && strings.IndexByte(" \t'\"\\", c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	if done && (open == single || open == double) {
		b.WriteByte(byte(open))
	}
	if done {
		b.WriteByte(' ')
	}
	return b.String()
}
