package shell

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A completion is what can be typed at the cursor.
type completion struct {
	insert  string   // goes in at the cursor
	choices []string // words to show when nothing can go in
}

// complete finds what can follow the given beginning of a line.
func complete(commands []Command, line string) completion {
	begun, all, open := candidates(commands, line)
	var fits []string
	for _, c := range all {
		if strings.HasPrefix(c, begun) {
			fits = append(fits, c)
		}
	}
	slices.Sort(fits)
	fits = slices.Compact(fits)
	if len(fits) == 0 {
		return completion{}
	}
	rest := commonPrefix(fits)[len(begun):]
	if insert := quote(rest, open, len(fits) == 1); insert != "" {
		return completion{insert: insert}
	}
	return completion{choices: fits}
}

// candidates returns the word at the cursor, the words that may stand in its
// place, and how it is quoted.
func candidates(commands []Command, line string) (begun string, all []string, open quoting) {
	if strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
		return "", nil, bare
	}
	var c *Command
	pos, depth := 0, commands
	for {
		w, more := nextWord(line, pos)
		if !more || w.end == len(line) {
			begun, open = w.text, w.open
			break
		}
		next, _ := find(depth, w.text)
		if next == nil {
			depth = nil
			break
		}
		c, depth, pos = next, next.Sub, w.end
	}
	all = names(depth, begun)
	if c == nil || c.Complete == nil {
		return begun, all, open
	}
	args, open := argsBefore(line, pos, c.Raw)
	begun = args[len(args)-1]
	return begun, append(all, c.Complete(args)...), open
}

// names lists the names of commands. Aliases are offered only once they have
// been begun.
func names(commands []Command, begun string) []string {
	var names []string
	for i := range commands {
		names = append(names, commands[i].Name)
		if begun != "" && !strings.HasPrefix(commands[i].Name, begun) {
			names = append(names, commands[i].Aliases...)
		}
	}
	return names
}

// argsBefore splits what stands in line from pos on; the last word is the one
// at the cursor and may be empty. In a raw command quotes are nothing special.
func argsBefore(line string, pos int, raw bool) ([]string, quoting) {
	if raw {
		words := strings.FieldsFunc(line[pos:], func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) == 0 || isBlank(line[len(line)-1]) {
			words = append(words, "")
		}
		return words, verbatim
	}
	var words []string
	for {
		w, more := nextWord(line, pos)
		words, pos = append(words, w.text), w.end
		if !more || w.end == len(line) {
			return words, w.open
		}
	}
}

// commonPrefix is the longest beginning that all words share, in whole
// characters.
func commonPrefix(words []string) string {
	prefix := words[0]
	for _, w := range words[1:] {
		n := 0
		for n < len(prefix) && n < len(w) && prefix[n] == w[n] {
			n++
		}
		prefix = prefix[:n]
	}
	for prefix != "" && prefix != words[0] {
		if r, size := utf8.DecodeLastRuneInString(prefix); r != utf8.RuneError || size > 1 {
			break
		}
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

// columns lays words out for a terminal of the given width, down the columns.
func columns(words []string, width int) string {
	widest := 0
	for _, w := range words {
		widest = max(widest, utf8.RuneCountInString(w))
	}
	across := max(1, width/(widest+2))
	down := (len(words) + across - 1) / across
	var b strings.Builder
	for row := range down {
		line := ""
		for i := row; i < len(words); i += down {
			line += words[i] + strings.Repeat(" ", widest+2-utf8.RuneCountInString(words[i]))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
