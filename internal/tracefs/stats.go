package tracefs

import (
	"fmt"
	"strconv"
	"strings"
)

// parseLost reads per_cpu/cpuN/stats and returns the number of records that
// were made but cannot be read: overwritten ("overrun"), found no room
// ("dropped events"), or came while an interrupted record had filled the
// buffer ("commit overrun"). The kernel counts each of them once.
func parseLost(text string) (uint64, error) {
	var lost uint64
	found := 0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "overrun", "commit overrun", "dropped events":
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			lost += n
			found++
		}
	}
	if found != 3 {
		return 0, fmt.Errorf("%d of 3 counts of losses found", found)
	}
	return lost, nil
}
