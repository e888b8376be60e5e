package pcapfilter

import "strings"

// misplaced explains a word that is no keyword, where a test must stand.
func (p *parser) misplaced(t token) {
	switch {
	case t.kind != tokenName:
		p.fail(t.offset, "expected a test, found %v; write host, net or port before it", t)
	case strings.Contains(t.text, "-") && isDecimal(t.text[0]):
		p.fail(t.offset, "unknown word %v; a minus needs a space before it", t)
	default:
		p.fail(t.offset, "unknown word %v%s", t, didYouMean(t.text))
	}
}

// unqualified does the same for a word, an address or a number after "and" or
// "or" when what precedes gives it no meaning.
func (p *parser) unqualified(t token) {
	if t.kind == tokenNumber {
		p.fail(t.offset, "expected a test, found %v; write port, host or another word before it", t)
		return
	}
	p.misplaced(t)
}

// notID explains a keyword where an address, a port or a name must stand.
func (p *parser) notID(t token) {
	switch {
	case t.kind == tokenEnd:
		p.fail(t.offset, "expected an address, a port or a name, found the end")
	case isAlphanumeric(t.text[0]):
		p.fail(t.offset, "expected an address, a port or a name, found the keyword %v; write \\%s if it is meant as a name", t, t.text)
	default:
		p.fail(t.offset, "expected an address, a port or a name, found %v", t)
	}
}

// misplacedOperand explains what cannot be computed with.
func (p *parser) misplacedOperand(t token) {
	if t.kind == tokenName && strings.Contains(t.text, "-") && isDecimal(t.text[0]) {
		p.fail(t.offset, "expected a number, found %v; a minus needs a space before it", t)
		return
	}
	p.fail(t.offset, "expected a number, len or a field such as tcp[13], found %v", t)
}

// didYouMean names the keyword that is closest to a word, if one is close.
func didYouMean(word string) string {
	best, distance := "", 1
	if len(word) > 3 {
		distance = 2
	}
	for keyword := range keywords {
		if len(word) > 2*len(keyword) || foreignReason(keyword) != "" {
			continue
		}
		d := editDistance(strings.ToLower(word), keyword)
		if d < distance || d == distance && (best == "" || keyword < best) {
			best, distance = keyword, d
		}
	}
	if best == "" {
		return "; expected a test such as host, port or tcp"
	}
	return "; did you mean " + best + "?"
}

// editDistance counts the letters to add, remove, change or swap with the next.
func editDistance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := above[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
