package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// matches tells whether a row can be this want's, as far as the source tells.
func (w Want) matches(scene Scene, sight Sight, row Observed) bool {
	if sight.NetNS && !w.isAt(scene, row.NetNS) {
		return false
	}
	if sight.Interface && w.Node != Unattributed && scene.Interfaces[w.Interface] != row.Interface {
		return false
	}
	return (!sight.Protocol || w.Protocol == row.Protocol) &&
		(!sight.Transport || w.Transport == row.Transport) &&
		(!sight.Reason || w.hasReason(scene, sight, row.Reason)) &&
		slices.Contains(w.Symbols, plainSymbol(row.Symbol))
}

// isShown tells whether the kernel shows such a drop at all, to such a source.
func (w Want) isShown(scene Scene, sight Sight) bool {
	return !(w.Shown != "" && scene.before(w.Shown)) && (w.Until == "" || scene.before(w.Until)) &&
		(sight.Headless || !w.Headless)
}

func (w Want) isAt(scene Scene, inode uint32) bool {
	if w.Node == Unattributed {
		return inode == 0 || scene.node(inode) != ""
	}
	return scene.node(inode) == w.Node
}

func (w Want) hasReason(scene Scene, sight Sight, reason string) bool {
	if scene.Knows == nil {
		return reason == ""
	}
	if scene.Knows(w.Reason) && !(w.Since != "" && scene.before(w.Since)) {
		if w.Plain != "" && !sight.Finer {
			return reason == w.Plain
		}
		return reason == w.Reason
	}
	return slices.Contains(w.Older, reason)
}

// plainSymbol cuts what the compiler puts behind a function's name when it
// makes a variant of it.
func plainSymbol(symbol string) string {
	name, _, _ := strings.Cut(symbol, ".")
	return name
}

// packets is how many the want asks for.
func (w Want) packets(scene Scene) (uint64, error) {
	if w.FromCounter == "" {
		return w.Packets, nil
	}
	rise := scene.Rises[w.Node][w.FromCounter]
	if rise == 0 || rise > w.Packets {
		return rise, fmt.Errorf("counter %s of node %s rose by %d, want 1 to %d", w.FromCounter, w.Node, rise, w.Packets)
	}
	return rise, nil
}
