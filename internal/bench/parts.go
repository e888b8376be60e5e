package main

import (
	"fmt"
	"slices"
	"strings"
)

// Parts of the benchmark.
const (
	partDrops   = "drops"
	partAgent   = "agent"
	partCluster = "cluster"
	partGuest   = "guest"
)

// parts are those to be measured; as a flag it is a list with commas.
type parts map[string]bool

func allParts() parts {
	return parts{partDrops: true, partAgent: true, partCluster: true, partGuest: true}
}

// String is part of flag.Value.
func (p parts) String() string {
	var list []string
	for name, on := range p {
		if on {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// Set is part of flag.Value.
func (p *parts) Set(text string) error {
	chosen := make(parts)
	for name := range strings.SplitSeq(text, ",") {
		if !allParts()[name] {
			return fmt.Errorf("no part %q, there are %v", name, allParts())
		}
		chosen[name] = true
	}
	*p = chosen
	return nil
}
