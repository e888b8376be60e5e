package pcapfilter

// regroup changes the order of tests in lists such as "host A or B or C", so
// that those of one field follow each other and the field is loaded once. It
// does so only where all these fields are known to be in the frame: then the
// order makes no difference. The blocks must have been marked by skipKnown.
func (g *graph) regroup() {
	ways := make(map[*block]int)
	for _, b := range g.all {
		if b.reached && !b.isEnd() {
			ways[b.yes]++
			ways[b.no]++
		}
	}
	done := make(map[*block]bool)
	for i := len(g.all) - 1; i >= 0; i-- {
		b := g.all[i]
		if !b.reached || b.isEnd() || done[b] {
			continue
		}
		chain, exit := chainFrom(b, b.yes, ways), b.yes
		if other := chainFrom(b, b.no, ways); len(other) > len(chain) {
			chain, exit = other, b.no
		}
		for _, link := range chain {
			done[link] = true
		}
		regroupChain(chain, exit)
	}
}

// chainFrom follows blocks that all have the same exit, and of which each but
// the first is reached from the one before only.
func chainFrom(b, exit *block, ways map[*block]int) []*block {
	var chain []*block
	for b != exit && !b.isEnd() && b.yes != b.no && (len(chain) == 0 || ways[b] == 1) {
		next := b.no
		switch exit {
		case b.yes:
		case b.no:
			next = b.yes
		default:
			return chain
		}
		chain = append(chain, b)
		b = next
	}
	return chain
}

// fewest is the length from which a list can be better in another order.
const fewest = 3

// regroupChain finds the parts of a chain whose fields are all in the frame.
func regroupChain(chain []*block, exit *block) {
	for from := 0; from+fewest <= len(chain); {
		to := from
		for to < len(chain) && chain[from].known.have(chain[to].test) {
			to++
		}
		if to-from < fewest {
			from++
			continue
		}
		sortTests(chain[from:to], exit)
		from = to
	}
}

// have tells whether computing a test cannot end the program.
func (fs *facts) have(t test) bool {
	if t.reach() > fs.length {
		return false
	}
	if !t.fallible() {
		return true
	}
	return t.right.operation == opConstant && fs.tested(t.left)
}

// tested tells whether a value has been computed.
func (fs *facts) tested(v *value) bool {
	for f := fs.exact; f != nil; f = f.before {
		if f.test.left == v {
			return true
		}
	}
	left := maxFacts
	for f := fs.other; f != nil && left > 0; f, left = f.before, left-1 {
		if f.test.left == v {
			return true
		}
	}
	return false
}

// sortTests puts the tests of one value next to each other, values in the order
// in which they come first. The blocks stay where they are.
func sortTests(chain []*block, exit *block) {
	type exiting struct {
		test test
		on   bool // the result that goes to the exit
	}
	var values []*value
	byValue := make(map[*value][]exiting)
	for _, b := range chain {
		v := b.test.left
		if byValue[v] == nil {
			values = append(values, v)
		}
		byValue[v] = append(byValue[v], exiting{b.test, b.yes == exit})
	}
	i := 0
	for _, v := range values {
		for _, e := range byValue[v] {
			b := chain[i]
			next := b.no
			if b.no == exit {
				next = b.yes
			}
			b.test, b.yes, b.no = e.test, exit, next
			if !e.on {
				b.yes, b.no = next, exit
			}
			i++
		}
	}
}
