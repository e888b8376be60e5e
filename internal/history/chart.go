package history

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dropwatch/internal/history/graph"
	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

// Chart reads what a graph of values shows, for a picture of so many pixels in
// width. Each of keys is one, a pattern of Match, or a name of which there are
// several, such as filesystem.used. They must be of one unit and at most
// graph.MaxLines.
func Chart(v *ring.View, keys []string, from, to time.Time, width int) (*graph.Chart, error) {
	all, err := expand(v, keys)
	if err != nil {
		return nil, err
	}
	id, name := v.Host()
	if name == "" {
		name = id
	}
	c := &graph.Chart{Title: strings.Join(keys, ", ") + " of " + name, From: from, To: to, Width: width}
	for i, key := range all {
		unit := unitOf(key)
		if i > 0 && unit != c.Unit {
			return nil, fmt.Errorf("graph: %s and %s are of different units: draw one after the other", all[0], key)
		}
		c.Unit = unit
		s, err := v.Fetch(key, from, to, max(width, 800))
		if err != nil {
			return nil, err
		}
		c.Lines = append(c.Lines, graph.Line{Label: key, Series: s})
	}
	return c, nil
}

// expand finds the keys that are meant.
func expand(v *ring.View, keys []string) ([]string, error) {
	var list, known []string
	seen := map[string]bool{}
	for _, k := range v.Keys() {
		known = append(known, k.Key)
	}
	for _, wanted := range keys {
		found := false
		for _, pattern := range []string{wanted, wanted + "[*]"} {
			for _, key := range known {
				// A key can have stars in it itself.
				if key != wanted && !Match(pattern, key) {
					continue
				}
				if found = true; !seen[key] {
					seen[key] = true
					list = append(list, key)
				}
			}
			if found {
				break
			}
		}
		if !found {
			return nil, fmt.Errorf("graph %.80q: %w; there is %.400s", wanted, ring.ErrNoValue, strings.Join(known, ", "))
		}
	}
	switch {
	case len(list) == 0:
		return nil, errors.New("graph of no value: name one, such as cpu.busy")
	case len(list) > graph.MaxLines:
		return nil, fmt.Errorf("graph of %d values, and at most %d can be told apart: name some of %.400s", len(list), graph.MaxLines, strings.Join(list, ", "))
	}
	return list, nil
}

// unitOf is empty for keys of another version.
func unitOf(key string) values.Unit {
	name, _, err := values.ParseKey(key)
	if err != nil {
		return values.None
	}
	for _, k := range values.Kinds() {
		if k.Name == name {
			return k.Unit
		}
	}
	return values.None
}
