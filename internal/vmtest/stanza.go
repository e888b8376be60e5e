package vmtest

import (
	"fmt"
	"slices"
	"strings"
)

// A stanza is one paragraph of a package index.
type stanza map[string]string

// parseStanzas reads what apt-cache show prints. Lines that continue a field
// are joined to it.
func parseStanzas(text string) ([]stanza, error) {
	var all []stanza
	var current stanza
	field := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			current, field = nil, ""
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if field == "" {
				return nil, fmt.Errorf("line %.60q continues nothing", line)
			}
			current[field] += "\n" + line[1:]
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" {
			return nil, fmt.Errorf("line %.60q has no field name", line)
		}
		if current == nil {
			current = stanza{}
			all = append(all, current)
		}
		field = name
		current[field] = strings.TrimSpace(value)
	}
	return all, nil
}

// depends are the names of the packages needed; of alternatives the first.
func (s stanza) depends() []string {
	var names []string
	for clause := range strings.SplitSeq(s["Depends"], ",") {
		first, _, _ := strings.Cut(clause, "|")
		name, _, _ := strings.Cut(strings.TrimSpace(first), " ")
		name, _, _ = strings.Cut(name, ":")
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
