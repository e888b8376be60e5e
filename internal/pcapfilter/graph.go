package pcapfilter

// A block is one test and what comes after it, or one of the two ends.
type block struct {
	test    test
	yes, no *block // nil for the ends
	number  int    // greater than those of the blocks that follow

	known   *facts // what holds whenever the block is reached
	reached bool

	accumulator *value // what the registers hold whenever the block is reached,
	index       *value // or nil
	entered     bool
}

func (b *block) isEnd() bool { return b.yes == nil }

// A graph holds the blocks of one program. Blocks that do the same are one.
type graph struct {
	accept, reject *block
	blocks         map[blockForm]*block
	all            []*block // by number
	full           bool     // more blocks were asked for than a program can have
}

// maxBlocks leaves room for those that simplify leaves out.
const maxBlocks = 4 * maxInstructions

type blockForm struct {
	test    test
	yes, no *block
}

func newGraph() *graph {
	g := &graph{accept: &block{}, reject: &block{number: 1}, blocks: make(map[blockForm]*block)}
	g.all = []*block{g.accept, g.reject}
	return g
}

// make returns the block with a test, or what follows if that does not depend
// on it. A test whose result does not matter stays if it looks at the frame: a
// field beyond the end rejects.
func (g *graph) make(t test, yes, no *block) *block {
	if yes == no && (yes == g.reject || t.reach() == 0 && !t.fallible()) {
		return yes
	}
	form := blockForm{t, yes, no}
	if b := g.blocks[form]; b != nil {
		return b
	}
	if len(g.all) >= maxBlocks {
		g.full = true
		return no
	}
	b := &block{test: t, yes: yes, no: no, number: len(g.all)}
	g.blocks[form] = b
	g.all = append(g.all, b)
	return b
}

// build makes the blocks that go to yes if a condition holds, and else to no.
func (g *graph) build(c *condition, yes, no *block) *block {
	switch c.combination {
	case both:
		return g.build(c.left, g.build(c.right, yes, no), no)
	case either:
		return g.build(c.left, yes, g.build(c.right, yes, no))
	case negated:
		return g.build(c.left, no, yes)
	case always:
		return yes
	case never:
		return no
	}
	return g.make(c.test, yes, no)
}

// maxRounds bounds how often a graph is looked at for something to leave out.
const maxRounds = 4

// simplify leaves out tests whose result is known, and puts others in a better
// order.
func (g *graph) simplify(root *block) *block {
	for range maxRounds {
		before := len(g.all)
		changed := g.skipKnown(root)
		root = g.rebuild(root)
		if !changed && len(g.all) == before {
			break
		}
	}
	g.skipKnown(root)
	g.regroup()
	return g.rebuild(root)
}

// rebuild makes the graph again with what is reached from the root, so that
// blocks that have become equal are one.
func (g *graph) rebuild(root *block) *block {
	old := g.all
	g.all = []*block{g.accept, g.reject}
	g.accept.known, g.accept.reached, g.reject.known, g.reject.reached = nil, false, nil, false
	clear(g.blocks)
	again := map[*block]*block{g.accept: g.accept, g.reject: g.reject}
	for _, b := range old[2:] {
		if b.reached {
			again[b] = g.make(b.test, again[b.yes], again[b.no])
		}
	}
	return again[root]
}
