package history

// Match tells whether a key is one that a pattern means. A star stands for
// anything, slashes and brackets too, a question mark for one byte; all else is
// itself. The work is at most the product of the lengths.
func Match(pattern, key string) bool {
	p, k := 0, 0
	star, from := -1, 0 // the last star, and where what follows it was tried
	for k < len(key) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, k
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == key[k]):
			p++
			k++
		case star >= 0:
			from++
			p, k = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matching finds the first pattern of a list, or returns -1.
func matching(patterns []string, key string) int {
	for i, p := range patterns {
		if Match(p, key) {
			return i
		}
	}
	return -1
}
