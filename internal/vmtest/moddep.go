package vmtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// dependencies says for each module, by its path below the modules directory,
// which others it needs.
type dependencies map[string][]string

// parseDependencies reads modules.dep.
func parseDependencies(text string) (dependencies, error) {
	deps := dependencies{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		module, needs, found := strings.Cut(line, ":")
		if !found || module == "" {
			return nil, fmt.Errorf("line %.60q names no module", line)
		}
		if strings.Contains(line, "..") || path.IsAbs(module) {
			return nil, fmt.Errorf("line %.60q leads out of the modules", line)
		}
		deps[module] = strings.Fields(needs)
	}
	return deps, nil
}

// closure returns the wanted modules and all that they need, sorted.
func (d dependencies) closure(wanted func(module string) bool) ([]string, error) {
	taken := map[string]bool{}
	var queue []string
	for module := range d {
		if wanted(module) {
			queue = append(queue, module)
		}
	}
	for len(queue) > 0 {
		module := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if taken[module] {
			continue
		}
		needs, ok := d[module]
		if !ok {
			return nil, fmt.Errorf("module %s is needed but not there", module)
		}
		taken[module] = true
		queue = append(queue, needs...)
	}
	var all []string
	for module := range taken {
		all = append(all, module)
	}
	slices.Sort(all)
	return all, nil
}
