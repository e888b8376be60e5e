package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

func readChainCounter(program, chain string) (uint64, error) {
	out, err := command("", program, "-w -nvxL", chain, "1")
	if err != nil {
		return 0, err
	}
	field := strings.Fields(out)
	if len(field) == 0 {
		return 0, fmt.Errorf("chain %s has no rule", chain)
	}
	return strconv.ParseUint(field[0], 10, 64)
}

func readDriverCounter(dev, name string) (uint64, error) {
	out, err := command("", "ethtool -S", dev)
	if err != nil {
		return 0, err
	}
	return parseDriver(out, name)
}

func parseDriver(text, name string) (uint64, error) {
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimSpace(line), ": ")
		if found && key == name {
			return strconv.ParseUint(value, 10, 64)
		}
	}
	return 0, fmt.Errorf("driver has no counter %s", name)
}
