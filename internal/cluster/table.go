package cluster

import (
	"io"
	"slices"
	"strings"
)

const (
	// width is how many columns a text may have.
	width = 80
	// gap is between two columns.
	gap = "  "
	// lastRoom is what the last column should have at least, which is folded.
	lastRoom = 24
	// narrow is the least width of a column that is folded, short what is never
	// folded: numbers and headings.
	narrow, short = 8, 12
)

// A table lines up columns within the width, and leaves nothing out for it: the
// last column is folded, a long name in the first one has a line of its own, and
// then long words in the others are folded too. Numbers stay whole.
type table struct{ rows [][]string }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// flush writes to what takes all.
func (t *table) flush(b *strings.Builder) {
	widths := t.widths()
	before := ""
	for _, row := range t.rows {
		if len(row) > 1 && length(row[0]) > widths[0] {
			if row[0] != before {
				b.WriteString(strings.Join(fold(row[0], width), "\n") + "\n")
			}
			before = row[0]
			row = slices.Concat([]string{""}, row[1:])
		} else {
			before = ""
		}
		writeRow(b, row, widths)
	}
}

func (t *table) write(w io.Writer) error {
	var b strings.Builder
	t.flush(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// widths are as the cells need them, as far as there is room.
func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], length(cell))
		}
	}
	if len(widths) == 0 {
		return nil
	}
	last := len(widths) - 1
	room := width - len(gap)*last
	for _, n := range widths[:last] {
		room -= n
	}
	want := min(widths[last], lastRoom)
	if missing := want - room; missing > 0 && last > 0 && widths[0] > short {
		left := widths[0] - missing
		if left < short || t.longer(left) > len(t.rows)/2 {
			left = 0 // all names above their rows
		}
		room += widths[0] - left
		widths[0] = left
	}
	for room < want && last > 1 {
		widest := 1
		for i := range last {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= short {
			break
		}
		widths[widest]--
		room++
	}
	widths[last] = min(widths[last], max(room, narrow))
	return widths
}

// longer counts the rows whose first cell is longer than that.
func (t *table) longer(than int) (n int) {
	for _, row := range t.rows {
		if length(row[0]) > than {
			n++
		}
	}
	return n
}

// writeRow writes a row in as many lines as its longest cell needs.
func writeRow(b *strings.Builder, row []string, widths []int) {
	cells := make([][]string, len(row))
	lines := 1
	for i, cell := range row {
		cells[i] = fold(cell, widths[i])
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		var line strings.Builder
		for i, cell := range cells {
			if i > 0 {
				line.WriteString(gap)
			}
			text := ""
			if n < len(cell) {
				text = cell[n]
			}
			line.WriteString(text)
			line.WriteString(strings.Repeat(" ", widths[i]-length(text)))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
}

// fold breaks a text into lines of so many characters, where words end if it can.
func fold(text string, most int) (lines []string) {
	rest := []rune(text)
	for len(rest) > most {
		n := 0
		for i := most; i > 0 && n == 0; i-- {
			if rest[i] == ' ' {
				n = i
			}
		}
		for i := most; i > most/2 && n == 0; i-- {
			if strings.ContainsRune("_-./:,", rest[i-1]) {
				n = i
			}
		}
		if n == 0 {
			n = most
		}
		lines = append(lines, strings.TrimRight(string(rest[:n]), " "))
		rest = []rune(strings.TrimLeft(string(rest[n:]), " "))
	}
	return append(lines, string(rest))
}

// paragraph is a text in lines of the width; the later ones are indented.
func paragraph(text string) string {
	lines := fold(text, width)
	if len(lines) > 1 {
		lines = append(lines[:1], fold(strings.TrimSpace(text[len(lines[0]):]), width-len(gap))...)
	}
	return strings.Join(lines, "\n"+gap) + "\n"
}

// first lists the first of some and tells how many there are more.
func first[E any](list []E, most int, text func(E) string) string {
	var b strings.Builder
	for i, e := range list[:min(len(list), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(e))
	}
	if more := len(list) - most; more > 0 {
		b.WriteString(", and " + count(more, "more", "more"))
	}
	return b.String()
}

func length(text string) int {
	n := 0
	for range text {
		n++
	}
	return n
}
