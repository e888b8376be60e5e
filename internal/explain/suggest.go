package explain

import (
	"slices"
	"strings"
)

const (
	maxSuggestions = 5
	maxTermLength  = 80 // longer terms are no mistyped names
)

// Suggest returns up to five known names that look most like term, the nearest
// first, or nil when none does.
func (b *Base) Suggest(term string) []string {
	term = foldCounter(foldReason(strings.TrimSpace(term)))
	if term == "" || len(term) > maxTermLength {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, name := range b.lookup.names {
		folded := foldCounter(foldReason(name))
		d := distance(term, folded)
		if strings.Contains(folded, term) && len(term) >= 3 {
			d = min(d, 1)
		}
		if d <= max(1, len(term)/3) {
			found = append(found, candidate{name, d})
		}
	}
	slices.SortStableFunc(found, func(x, y candidate) int { return x.distance - y.distance })
	var names []string
	for _, c := range found[:min(len(found), maxSuggestions)] {
		names = append(names, c.name)
	}
	return names
}

// distance counts the bytes to insert, delete or replace between two words
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
