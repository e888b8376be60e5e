package pcapfilter

// maxNesting bounds parentheses, nots and signs within each other.
const maxNesting = 256

// A parser turns tokens into a tree. After an error it sees only the end.
type parser struct {
	tokens []token
	nested int
	err    *SyntaxError
}

func (p *parser) peek() token { return p.tokens[0] }

// take returns the next token; the end is never passed.
func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) at(words ...string) bool { return p.peek().is(words...) }

// fail keeps the first error.
func (p *parser) fail(offset int, format string, arguments ...any) {
	if p.err == nil {
		p.err = wrongAt(offset, format, arguments...)
	}
	p.tokens = p.tokens[len(p.tokens)-1:]
}

// expect takes a keyword or fails.
func (p *parser) expect(word string) {
	if !p.at(word) {
		p.fail(p.peek().offset, "expected %q, found %v", word, p.peek())
		return
	}
	p.take()
}

// enter counts a nesting that leave ends; it reports whether there is room.
func (p *parser) enter() bool {
	if p.nested++; p.nested > maxNesting {
		p.fail(p.peek().offset, "nested more than %d deep", maxNesting)
		return false
	}
	return true
}

func (p *parser) leave() { p.nested-- }

// parse reads a whole expression. It returns nil for an empty one.
func parse(text string) (node, *SyntaxError) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	if p.peek().kind == tokenEnd {
		return nil, nil
	}
	whole := p.joined(p.operand(qualifier{}, wanted{test: true}))
	if p.err == nil && p.peek().kind != tokenEnd {
		p.fail(p.peek().offset, "expected \"and\", \"or\" or the end, found %v", p.peek())
	}
	return whole.node, p.err
}

// What an operand can be. A number is an address, a port or the beginning of an
// arithmetic expression; only what follows tells.
type operandKind uint8

const (
	operandTest operandKind = iota
	operandID
	operandNumber
	operandArithmetic
)

type operand struct {
	kind       operandKind
	node       node        // of a test or an ID
	arithmetic *arithmetic // of a number too
	token      token       // of a number; elsewhere for its offset
	grouped    bool        // an ID in parentheses
	qualifier  qualifier   // for addresses that follow
}

// wanted says what an operand may be.
type wanted struct{ test, id bool }

// asCondition requires an operand to be true or false of a frame. A number
// becomes an address or a port where that is possible.
func (p *parser) asCondition(o operand, q qualifier, want wanted) operand {
	switch {
	case p.err != nil:
	case o.kind == operandArithmetic, o.kind == operandNumber && !want.id:
		p.fail(p.peek().offset, "expected a comparison such as = or >, found %v", p.peek())
	case o.kind == operandNumber:
		return p.id(o.token, q)
	}
	return o
}

// joined reads what "and" and "or", which bind alike, add to a first operand.
func (p *parser) joined(left operand) operand {
	left = p.asCondition(left, qualifier{}, wanted{test: true})
	for p.err == nil && p.at("and", "or") {
		and := p.take().word == "and"
		want := wanted{test: true, id: true}
		right := p.asCondition(p.operand(left.qualifier, want), left.qualifier, want)
		left = operand{node: &joinNode{and, left.node, right.node}, qualifier: right.qualifier}
	}
	return left
}

// joinedIDs does the same within the parentheses of "port (80 or 443)", where
// only IDs may stand.
func (p *parser) joinedIDs(left operand, q qualifier) operand {
	want := wanted{id: true}
	left = p.asCondition(left, q, want)
	for p.err == nil && p.at("and", "or") {
		and := p.take().word == "and"
		right := p.asCondition(p.operand(q, want), q, want)
		left = operand{kind: operandID, node: &joinNode{and, left.node, right.node}, qualifier: q}
	}
	return left
}

// operand reads one operand; q holds for it if it is an ID.
func (p *parser) operand(q qualifier, want wanted) operand {
	if !p.enter() {
		return operand{}
	}
	defer p.leave()
	t := p.peek()
	switch {
	case t.is("not"):
		p.take()
		o := p.asCondition(p.operand(q, want), q, want)
		return operand{kind: o.kind, node: &notNode{o.node}, token: t, qualifier: o.qualifier}
	case t.is("("):
		return p.group(q, want)
	case t.kind == tokenNumber:
		p.take()
		o := operand{kind: operandNumber, token: t, arithmetic: number(t)}
		return p.continued(o, want)
	case t.kind != tokenWord && t.kind != tokenEnd && want.id:
		return p.id(p.take(), q)
	case t.kind != tokenWord && t.kind != tokenEnd:
		p.misplaced(t)
	case !want.test:
		p.notID(t)
	case t.is("-", "len"), protocols[t.word] != "" && p.tokens[1].is("["):
		return p.continued(operand{kind: operandArithmetic, arithmetic: p.unary()}, want)
	default:
		return p.primitive()
	}
	return operand{}
}

// group reads a pair of parentheses.
func (p *parser) group(q qualifier, want wanted) operand {
	open := p.take()
	o := p.operand(q, want)
	switch {
	case p.err != nil:
		return operand{}
	case o.kind == operandTest:
		o = p.joined(o)
		o.qualifier = q
	case o.kind == operandID && o.grouped:
		p.fail(o.token.offset, "expected an address, a port or a name; parentheses may stand around all of them only once")
	case o.kind == operandID, o.kind == operandNumber && want.id && p.at("and", "or"):
		o = p.joinedIDs(o, q)
	case o.kind == operandNumber && p.at("and", "or"):
		p.asCondition(o, q, want)
	}
	p.expect(")")
	if o.kind == operandID {
		o.grouped, o.token.offset = true, open.offset
	}
	return p.continued(o, want)
}

// continued reads on if an operand turns out to be a part of a comparison.
func (p *parser) continued(o operand, want wanted) operand {
	if !want.test || o.kind != operandNumber && o.kind != operandArithmetic {
		return o
	}
	if p.peek().isOperator() {
		o = operand{kind: operandArithmetic, arithmetic: p.operations(o.arithmetic, weakest)}
	}
	if p.err == nil && p.peek().isRelation() {
		relation := p.take()
		right := p.operations(p.unary(), weakest)
		n := &relationNode{relation.word, o.arithmetic, right, relation.offset}
		return operand{kind: operandTest, node: n, token: relation}
	}
	return o
}
