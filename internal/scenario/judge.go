package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Check compares what was seen, and how counters rose, with what the scenario
// wants. The error has a line for each difference. Rows of other namespaces are
// ignored, if the source tells namespaces.
func (s Scenario) Check(scene Scene, sight Sight, seen []Observed) error {
	var errs []error
	s.Want = slices.DeleteFunc(slices.Clone(s.Want), func(w Want) bool { return !w.isShown(scene) })
	groups := newGroups(len(s.Want))
	for _, row := range seen {
		if row.Buffers == 0 {
			continue
		}
		var matching []int
		for i, want := range s.Want {
			if want.matches(scene, sight, row) {
				matching = append(matching, i)
			}
		}
		switch {
		case len(matching) > 0:
			groups.add(matching, row)
		case !sight.NetNS || scene.node(row.NetNS) != "":
			errs = append(errs, fmt.Errorf("unexpected: %s", row.text(scene)))
		}
	}
	for _, group := range groups.list() {
		errs = append(errs, s.checkGroup(scene, group))
	}
	for _, c := range s.Counters {
		errs = append(errs, c.check(scene))
	}
	return errors.Join(errs...)
}

// matches tells whether a row can be this want's, as far as the source tells.
func (w Want) matches(scene Scene, sight Sight, row Observed) bool {
	if sight.NetNS && !w.isAt(scene, row.NetNS) {
		return false
	}
	if sight.Interface && w.Node != Unattributed && scene.Interfaces[w.Node][w.Interface] != row.Interface {
		return false
	}
	return (!sight.Protocol || w.Protocol == row.Protocol) &&
		(!sight.Transport || w.Transport == row.Transport) &&
		(!sight.Reason || w.hasReason(scene, row.Reason)) &&
		slices.Contains(w.Symbols, plainSymbol(row.Symbol))
}

// isShown tells whether the kernel shows such a drop at all.
func (w Want) isShown(scene Scene) bool {
	return !(w.Shown != "" && scene.before(w.Shown)) && (w.Until == "" || scene.before(w.Until))
}

func (w Want) isAt(scene Scene, inode uint32) bool {
	if w.Node == Unattributed {
		return inode == 0 || scene.node(inode) != ""
	}
	return scene.node(inode) == w.Node
}

func (w Want) hasReason(scene Scene, reason string) bool {
	if scene.Knows == nil {
		return reason == ""
	}
	if scene.Knows(w.Reason) && !(w.Since != "" && scene.before(w.Since)) {
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

// checkGroup compares the sums of wants that rows could not tell apart.
func (s Scenario) checkGroup(scene Scene, g group) error {
	var packets, buffers uint64
	var atLeast bool
	var errs []error
	for _, i := range g.wants {
		want := s.Want[i]
		n, err := want.packets(scene)
		errs = append(errs, err)
		packets += n
		if want.Buffers != 0 {
			n = want.Buffers
		}
		buffers += n
		atLeast = atLeast || want.AtLeast
	}
	if g.packets == packets && g.buffers == buffers || atLeast && g.packets >= packets && g.buffers >= buffers {
		return errors.Join(errs...)
	}
	errs = append(errs, fmt.Errorf("want %d packets in %d buffers, saw %d in %d: %s",
		packets, buffers, g.packets, g.buffers, s.Want[g.wants[0]].text()))
	return errors.Join(errs...)
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

func (c Counter) check(scene Scene) error {
	if c.Since != "" && scene.before(c.Since) {
		return nil
	}
	rise, want := scene.Rises[c.Node][c.Name], c.Delta
	if c.Same != "" {
		want = scene.Rises[c.Node][c.Same]
		if want == 0 {
			return fmt.Errorf("counter %s of node %s did not rise", c.Same, c.Node)
		}
	}
	if rise == want || c.AtLeast && rise > want {
		return nil
	}
	return fmt.Errorf("counter %s of node %s rose by %d, want %d", c.Name, c.Node, rise, want)
}
