package shell

import (
	"strconv"
	"strings"
)

// An emulator is the screen of a terminal that knows the few control sequences
// the line editor uses. It never scrolls.
type emulator struct {
	rows     [][]rune
	row, col int
	escape   string // a sequence that is not complete
}

func (e *emulator) write(text string) {
	for _, r := range text {
		if e.escape != "" {
			e.sequence(r)
			continue
		}
		switch r {
		case '\x1b':
			e.escape = string(r)
		case '\r':
			e.col = 0
		case '\n':
			e.row++
		case '\b':
			e.col = max(0, e.col-1)
		case '\a':
		default:
			line := e.line(e.row)
			for len(*line) <= e.col {
				*line = append(*line, ' ')
			}
			(*line)[e.col] = r
			e.col++
		}
	}
}

// line returns a row, adding rows as needed.
func (e *emulator) line(row int) *[]rune {
	for len(e.rows) <= row {
		e.rows = append(e.rows, nil)
	}
	return &e.rows[row]
}

func (e *emulator) sequence(r rune) {
	e.escape += string(r)
	if r == '[' || r == ';' || (r >= '0' && r <= '9') {
		return
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(e.escape, "\x1b["), string(r)))
	e.escape = ""
	line := e.line(e.row)
	switch r {
	case 'J': // from the cursor on
		e.rows = e.rows[:e.row+1]
		*line = (*line)[:min(e.col, len(*line))]
	case 'K': // the line
		*line = nil
	case 'A':
		e.row = max(0, e.row-max(n, 1))
	case 'C':
		e.col += max(n, 1)
	case 'H':
		e.row, e.col = 0, 0
	}
}

// text is what the terminal shows, without blanks at the ends of lines.
func (e *emulator) text() string {
	var b strings.Builder
	for _, line := range e.rows {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
