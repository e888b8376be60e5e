package scenario

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

func readLinkCounter(name, direction, field string) (uint64, error) {
	out, err := command("", "ip -s -s -j link show dev", name)
	if err != nil {
		return 0, err
	}
	return parseLink(out, direction, field)
}

func parseLink(text, direction, field string) (uint64, error) {
	var links []struct {
		Stats map[string]map[string]uint64 `json:"stats64"`
	}
	if err := json.Unmarshal([]byte(text), &links); err != nil {
		return 0, fmt.Errorf("parse link statistics: %w", err)
	}
	if len(links) != 1 {
		return 0, fmt.Errorf("%d links instead of 1", len(links))
	}
	return links[0].Stats[direction][field], nil
}

func readQdiscDrops(dev, kind string) (uint64, error) {
	out, err := command("", "tc -s -j qdisc show dev", dev)
	if err != nil {
		return 0, err
	}
	return parseQdisc(out, kind)
}

// parseQdisc finds the drops of the only queueing discipline of a kind.
func parseQdisc(text, kind string) (uint64, error) {
	var qdiscs []struct {
		Kind  string
		Drops uint64
	}
	if err := json.Unmarshal([]byte(text), &qdiscs); err != nil {
		return 0, fmt.Errorf("parse qdisc statistics: %w", err)
	}
	for _, q := range qdiscs {
		if q.Kind == kind {
			return q.Drops, nil
		}
	}
	return 0, fmt.Errorf("no qdisc %s", kind)
}

func readNFTCounter(name string) (uint64, error) {
	out, err := command("", "nft -j list counters")
	if err != nil {
		return 0, err
	}
	return parseNFTCounters(out, name)
}

func parseNFTCounters(text, name string) (uint64, error) {
	var list struct {
		Objects []struct {
			Counter struct {
				Name    string
				Packets uint64
			}
		} `json:"nftables"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return 0, fmt.Errorf("parse nft counters: %w", err)
	}
	for _, object := range list.Objects {
		if object.Counter.Name == name {
			return object.Counter.Packets, nil
		}
	}
	return 0, fmt.Errorf("no nft counter %s", name)
}

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
