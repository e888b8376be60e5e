package scenario

import (
	"errors"
	"fmt"
	"slices"
)

// A Trial is a scenario that was played, with what the judge must know.
type Trial struct {
	Scenario Scenario
	Scene    Scene
}

// Check compares what was seen, and how counters rose, with what the scenario
// wants. The error has a line for each difference. Rows of other namespaces are
// ignored, if the source tells namespaces.
func (s Scenario) Check(scene Scene, sight Sight, seen Seen) error {
	return Check([]Trial{{s, scene}}, sight, seen).Err()
}

// Check judges what a source saw of scenarios that were played together. Where
// it cannot tell the drops of several trials apart, all of them have the error.
func Check(trials []Trial, sight Sight, seen Seen) Verdict {
	v := Verdict{Trials: make([]error, len(trials)), Missed: seen.Missed}
	var all []wanted
	for i, t := range trials {
		for _, w := range t.Scenario.Want {
			if w.isShown(t.Scene, sight) {
				all = append(all, wanted{w, t.Scene, i})
			}
		}
	}
	groups := newGroups(len(all))
	for _, row := range seen.Rows {
		if row.Buffers == 0 {
			continue
		}
		var matching []int
		for i, want := range all {
			if want.matches(want.scene, sight, row) {
				matching = append(matching, i)
			}
		}
		switch {
		case len(matching) > 0:
			groups.add(matching, row)
		case concerns(trials, sight, row) && !seen.Abroad.explains(sight, row):
			v.Unexpected = errors.Join(v.Unexpected, fmt.Errorf("unexpected: %s", row.text(trials)))
		}
	}
	for _, group := range groups.list() {
		err := checkGroup(all, group, sight, seen)
		for _, i := range trialsOf(all, group) {
			v.Trials[i] = errors.Join(v.Trials[i], err)
		}
	}
	for i, t := range trials {
		for _, c := range t.Scenario.Counters {
			v.Trials[i] = errors.Join(v.Trials[i], c.check(t.Scene))
		}
		if v.Trials[i] != nil && len(trials) > 1 {
			v.Trials[i] = fmt.Errorf("%s: %w", t.Scenario.Name, v.Trials[i])
		}
	}
	return v
}

// A wanted is a want of one of the trials.
type wanted struct {
	Want
	scene Scene
	trial int
}

// concerns tells whether a row that nobody wants belongs to the trials.
func concerns(trials []Trial, sight Sight, row Observed) bool {
	if !sight.NetNS {
		return !row.isNoise(sight)
	}
	return slices.ContainsFunc(trials, func(t Trial) bool { return t.Scene.node(row.NetNS) != "" })
}

// trialsOf lists the trials that have wants in a group.
func trialsOf(all []wanted, g group) []int {
	var trials []int
	for _, i := range g.wants {
		if !slices.Contains(trials, all[i].trial) {
			trials = append(trials, all[i].trial)
		}
	}
	return trials
}

// checkGroup compares the sums of wants that rows could not tell apart.
func checkGroup(all []wanted, g group, sight Sight, seen Seen) error {
	var packets, buffers uint64
	var errs []error
	atLeast := seen.AtLeast
	for _, i := range g.wants {
		want := all[i]
		n, err := want.packets(want.scene)
		errs = append(errs, err)
		packets += n
		if want.Buffers != 0 {
			n = want.Buffers
		}
		buffers += n
		atLeast = atLeast || want.AtLeast
	}
	if !sight.Packets {
		packets, g.packets = buffers, g.buffers
	}
	least, most := seen.Abroad.among(all, g, sight)
	enough := g.packets >= packets+least && g.buffers >= buffers+least
	tooMany := g.packets > packets+most || g.buffers > buffers+most
	if enough && (atLeast || !tooMany) {
		return errors.Join(errs...)
	}
	errs = append(errs, fmt.Errorf("want %d packets in %d buffers, saw %d in %d: %s",
		packets, buffers, g.packets, g.buffers, all[g.wants[0]].text()))
	return errors.Join(errs...)
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
