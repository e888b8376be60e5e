package rrdxml

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// maxName is what rrdtool allows: letters, digits and underscores.
const maxName = 19

// Name makes the name of a data source of a key. It depends on nothing else: a
// short plain key has its dots replaced, others are cut and have a number of
// their letters at the end.
func Name(key string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r == ']':
			return -1
		}
		return '_'
	}, key)
	if name == strings.ReplaceAll(key, ".", "_") && len(name) <= maxName && name != "" {
		return name
	}
	return short(name, key)
}

func short(name, key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	return fmt.Sprintf("%.*s_%06x", maxName-7, name, h.Sum32()&0xffffff)
}

// names returns a name for each key; they are different even if somebody chose
// keys to make them equal.
func names(keys []string) []string {
	taken := make(map[string]bool, len(keys))
	list := make([]string, len(keys))
	for i, key := range keys {
		name := Name(key)
		for n := 2; taken[name]; n++ {
			name = short(Name(key), fmt.Sprint(key, " ", n))
		}
		taken[name], list[i] = true, name
	}
	return list
}
