package scenario

import "slices"

// Abroad is what others on the host dropped meanwhile, as a source saw it that
// tells namespaces. A source that does not tell them saw at least the drops of
// Least and at most those of Most in addition to those of the labs.
type Abroad struct {
	Least, Most []Observed
}

// abroad picks the rows that are neither in the trials' namespaces nor wanted
// without one.
func abroad(trials []Trial, rows []Observed) []Observed {
	var others []Observed
	for _, row := range rows {
		ours := slices.ContainsFunc(trials, func(t Trial) bool {
			return t.Scene.node(row.NetNS) != "" || slices.ContainsFunc(t.Scenario.Want, func(w Want) bool {
				return w.matches(t.Scene, FullSight(), row)
			})
		})
		if !ours {
			others = append(others, row)
		}
	}
	return others
}

// explains tells whether a row that nobody wants came from abroad. Reasons are
// not compared, because a source may know finer ones.
func (a Abroad) explains(sight Sight, row Observed) bool {
	if sight.NetNS {
		return false
	}
	var buffers uint64
	for _, other := range a.Most {
		if other.Symbol == row.Symbol && (!sight.Protocol || other.Protocol == row.Protocol) {
			buffers += other.Buffers
		}
	}
	return row.Buffers <= buffers
}

// among counts the buffers from abroad that a source cannot tell from wants of
// a group.
func (a Abroad) among(all []wanted, g group, sight Sight) (least, most uint64) {
	if sight.NetNS {
		return 0, 0
	}
	count := func(rows []Observed, sight Sight) (buffers uint64) {
		for _, row := range rows {
			if slices.ContainsFunc(g.wants, func(i int) bool { return all[i].matches(all[i].scene, sight, row) }) {
				buffers += row.Buffers
			}
		}
		return buffers
	}
	least = count(a.Least, sight)
	sight.Reason = false // as in explains
	return least, count(a.Most, sight)
}
