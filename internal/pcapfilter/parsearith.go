package pcapfilter

// How tightly operators bind; all of these group from the left. The operators %
// and ^ are not among them: nothing binds tighter, and their right side takes in
// all that follows, so that a % b * c is a % (b * c).
var binding = map[string]int{"|": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5}

const (
	weakest = 1
	sign    = 6 // binds tighter than any of binding
)

func number(t token) *arithmetic {
	return &arithmetic{operator: "number", number: t.number, offset: t.offset}
}

// operations reads operators that bind at least so tightly.
func (p *parser) operations(left *arithmetic, tightness int) *arithmetic {
	if !p.enter() {
		return left
	}
	defer p.leave()
	for p.err == nil && p.peek().isOperator() {
		t, above := p.peek(), weakest
		if !t.is("%", "^") {
			if binding[t.word] < tightness {
				break
			}
			above = binding[t.word] + 1
		}
		p.take()
		right := p.operations(p.unary(), above)
		left = &arithmetic{operator: t.word, left: left, right: right, offset: t.offset}
	}
	return left
}

// unary reads one operand of an operator.
func (p *parser) unary() *arithmetic {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	t := p.take()
	switch {
	case t.kind == tokenNumber:
		return number(t)
	case t.is("len"):
		return &arithmetic{operator: "len", offset: t.offset}
	case t.is("-"):
		return &arithmetic{operator: "negative", left: p.operations(p.unary(), sign), offset: t.offset}
	case t.is("("):
		inside := p.operations(p.unary(), weakest)
		p.expect(")")
		return inside
	case t.kind == tokenWord && protocols[t.word] != "":
		return p.load(t)
	}
	p.misplacedOperand(t)
	return nil
}

// load reads what follows the protocol in tcp[13] or ip[2:2].
func (p *parser) load(protocol token) *arithmetic {
	p.expect("[")
	load := &arithmetic{operator: "load", protocol: protocol.word, size: 1, offset: protocol.offset}
	load.left = p.operations(p.unary(), weakest)
	if p.err == nil && p.at(":") {
		p.take()
		size := p.take()
		if size.kind != tokenNumber {
			p.fail(size.offset, "expected 1, 2 or 4 bytes, found %v", size)
		}
		load.size, load.sizeOffset = size.number, size.offset
	}
	p.expect("]")
	return load
}
