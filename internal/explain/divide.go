package explain

import (
	"cmp"
	"slices"
)

// A portion is what one object counted of one loss.
type portion struct {
	loss, object int
	n            uint64
	// sure is unset where other losses or objects would do as well.
	sure bool
}

// divide finds which object (a rule, a queue, a socket) counted which losses,
// from their numbers and from which of them fit together. What fits together in
// one way only comes first: equal numbers, then the only candidate, then numbers
// that add up. The rest is given away, the largest first, and is not sure.
func divide(losses, objects []uint64, fits func(loss, object int) bool) []portion {
	d := division{losses: slices.Clone(losses), objects: slices.Clone(objects)}
	for o := range objects {
		for l := range losses {
			if losses[l] > 0 && objects[o] > 0 && fits(l, o) {
				d.pairs = append(d.pairs, pair{l, o})
			}
		}
	}
	if len(d.pairs) <= maxPairs {
		for d.equal() || d.alone() || d.sums() {
		}
	}
	d.rest()
	return d.portions
}

// maxPairs bounds the work of comparing all with all.
const maxPairs = 2048

// A pair is a loss and an object that may have counted it.
type pair struct{ loss, object int }

// A division is what is left to divide.
type division struct {
	losses, objects []uint64
	pairs           []pair
	portions        []portion
}

func (d *division) give(p pair, sure bool) {
	n := min(d.losses[p.loss], d.objects[p.object])
	if n == 0 {
		return
	}
	d.losses[p.loss] -= n
	d.objects[p.object] -= n
	d.portions = append(d.portions, portion{p.loss, p.object, n, sure})
}

// settle gives for sure.
func (d *division) settle(p pair) {
	d.give(p, true)
	d.pairs = slices.DeleteFunc(d.pairs, func(p pair) bool { return d.losses[p.loss] == 0 || d.objects[p.object] == 0 })
}

// partners counts for each loss and each object the pairs that it is in.
func (d *division) partners(good func(pair) bool) (ofLoss, ofObject map[int]int) {
	ofLoss, ofObject = make(map[int]int), make(map[int]int)
	for _, p := range d.pairs {
		if good(p) {
			ofLoss[p.loss]++
			ofObject[p.object]++
		}
	}
	return ofLoss, ofObject
}

// equal pairs a loss with the only object that counted as much.
func (d *division) equal() bool {
	good := func(p pair) bool { return d.losses[p.loss] == d.objects[p.object] }
	ofLoss, ofObject := d.partners(good)
	for _, p := range d.pairs {
		if good(p) && ofLoss[p.loss] == 1 && ofObject[p.object] == 1 {
			d.settle(p)
			return true
		}
	}
	return false
}

// alone pairs what has no other partner, unless several have only the same one
// and that is not enough for all of them.
func (d *division) alone() bool {
	ofLoss, ofObject := d.partners(func(pair) bool { return true })
	need, supply := make(map[int]uint64), make(map[int]uint64) // of a loss, to an object
	for _, p := range d.pairs {
		if ofObject[p.object] == 1 {
			need[p.loss] += d.objects[p.object]
		}
		if ofLoss[p.loss] == 1 {
			supply[p.object] += d.losses[p.loss]
		}
	}
	for _, p := range d.pairs {
		mutual := ofObject[p.object] == 1 && ofLoss[p.loss] == 1
		if mutual || ofObject[p.object] == 1 && need[p.loss] <= d.losses[p.loss] || ofLoss[p.loss] == 1 && supply[p.object] <= d.objects[p.object] {
			d.settle(p)
			return true
		}
	}
	return false
}

// maxSum bounds how many numbers are tried to add up, in all combinations.
const maxSum = 12

// sums finds losses that together are what an object counted, or objects that
// together counted a loss.
func (d *division) sums() bool {
	for o, want := range d.objects {
		if d.sum(want, func(p pair) bool { return p.object == o }, func(p pair) uint64 { return d.losses[p.loss] }) {
			return true
		}
	}
	for l, want := range d.losses {
		if d.sum(want, func(p pair) bool { return p.loss == l }, func(p pair) uint64 { return d.objects[p.object] }) {
			return true
		}
	}
	return false
}

// sum gives the only set of pairs whose numbers add up to what is wanted.
func (d *division) sum(want uint64, of func(pair) bool, number func(pair) uint64) bool {
	var pairs []pair
	for _, p := range d.pairs {
		if of(p) {
			pairs = append(pairs, p)
		}
	}
	if want == 0 || len(pairs) < 2 || len(pairs) > maxSum {
		return false
	}
	found := 0
	for set := range 1 << len(pairs) {
		left, whole := want, true
		for i, p := range pairs {
			if set&(1<<i) != 0 {
				n := number(p)
				whole = whole && n <= left
				left -= min(n, left)
			}
		}
		switch {
		case !whole || left > 0:
		case found != 0:
			return false
		default:
			found = set
		}
	}
	for i, p := range pairs {
		if found&(1<<i) != 0 {
			d.settle(p)
		}
	}
	return found != 0
}

// rest gives away what could be paired in several ways.
func (d *division) rest() {
	slices.SortStableFunc(d.pairs, func(p, q pair) int {
		return cmp.Compare(min(d.losses[q.loss], d.objects[q.object]), min(d.losses[p.loss], d.objects[p.object]))
	})
	for _, p := range d.pairs {
		d.give(p, false)
	}
}
