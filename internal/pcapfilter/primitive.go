package pcapfilter

import "strings"

// primitive reads a test that begins with a keyword.
func (p *parser) primitive() operand {
	t := p.peek()
	if t.kind == tokenEnd {
		p.fail(t.offset, "expected a test such as host, port or tcp, found the end")
		return operand{}
	}
	switch reason := foreignReason(t.word); {
	case reason != "":
		p.fail(t.offset, "%v cannot be used: %s", t, reason)
		return operand{}
	case protocols[t.word] != "":
		return p.protocol(p.take())
	case t.is("src", "dst", "host", "net", "port", "portrange", "proto", "protochain"):
		return p.qualified(qualifier{given: true})
	}
	p.take()
	test := operand{token: t}
	switch t.word {
	case "broadcast", "multicast":
		test.node = &castNode{"", t.word == "multicast", t.offset}
	case "less", "greater":
		test.node = &sizeNode{t.word == "greater", p.number("a number of bytes").number}
	case "byte":
		test.node = p.byteTest()
	case "vlan", "mpls", "pppoes":
		test.node = p.encapsulation(t)
	case "pppoed":
		test.node = &encapsulationNode{kind: t.word, offset: t.offset}
	case "llc":
		test.node = p.llc(t)
	default:
		p.fail(t.offset, "expected a test such as host, port or tcp, found %v", t)
	}
	return test
}

// protocol reads on after the name of a protocol.
func (p *parser) protocol(name token) operand {
	t := p.peek()
	switch {
	case t.is("broadcast", "multicast"):
		p.take()
		return operand{node: &castNode{name.word, t.word == "multicast", name.offset}, token: name}
	case t.is("src", "dst", "host", "net", "port", "portrange", "proto", "protochain"):
		return p.qualified(qualifier{protocol: name.word, given: true})
	case t.kind == tokenWord && foreign[t.word] != "":
		p.fail(t.offset, "%v cannot be used: %s", t, foreign[t.word])
		return operand{}
	}
	return operand{node: &protocolNode{name.word, name.offset}, token: name}
}

// qualified reads the direction and the kind of an ID, and the ID.
func (p *parser) qualified(q qualifier) operand {
	start := p.peek()
	if p.at("src", "dst") {
		q.direction = p.direction()
	}
	switch {
	case p.at("host", "net", "port", "portrange"):
		q.kind = p.take().word
	case q.direction == "" && p.at("proto", "protochain"):
		q.kind = p.take().word
	case p.at("proto", "protochain"):
		p.fail(p.peek().offset, "%v has no direction", p.peek())
	case p.peek().kind == tokenWord && foreign[p.peek().word] != "":
		p.fail(p.peek().offset, "%v cannot be used: %s", p.peek(), foreign[p.peek().word])
	}
	want := wanted{id: true}
	o := p.asCondition(p.operand(q, want), q, want)
	return operand{node: o.node, token: start, qualifier: q}
}

// direction reads src, dst, or both with "and" or "or" between them.
func (p *parser) direction() string {
	first := p.take()
	if !p.at("and", "or") {
		return first.word
	}
	both := p.take().word
	if second := p.take(); !second.is("src", "dst") || second.word == first.word {
		p.fail(second.offset, "expected %q, found %v", map[string]string{"src": "dst", "dst": "src"}[first.word], second)
	}
	return both
}

func (p *parser) number(what string) token {
	t := p.take()
	if t.kind != tokenNumber {
		p.fail(t.offset, "expected %s, found %v", what, t)
	}
	return t
}

func (p *parser) byteTest() node {
	index := p.number("the number of a byte")
	relation := p.take()
	switch {
	case relation.is("&", "|"):
		p.fail(relation.offset, "byte knows only =, < and >; write ether[%d] %s ... != 0", index.number, relation.word)
	case !relation.is("=", "<", ">"):
		p.fail(relation.offset, "expected =, < or >, found %v", relation)
	}
	return &byteNode{index.number, p.number("a value").number, relation.word}
}

// encapsulation reads vlan, mpls or pppoes with its number, if there is one.
func (p *parser) encapsulation(t token) node {
	n := &encapsulationNode{kind: t.word, offset: t.offset}
	parentheses := 0
	for p.at("(") && parentheses < maxNesting {
		p.take()
		parentheses++
	}
	if parentheses > 0 || p.peek().kind == tokenNumber {
		number := p.number("a number")
		n.number = &number
	}
	for ; parentheses > 0; parentheses-- {
		p.expect(")")
	}
	return n
}

// llc reads the kind of an LLC frame, if there is one.
func (p *parser) llc(t token) node {
	n := &llcNode{offset: t.offset}
	next := p.peek()
	switch {
	case next.is("rnr"):
		n.kind = "rnr"
	case next.kind == tokenName:
		n.kind = strings.ToLower(next.text)
		if _, ok := llcKinds[n.kind]; !ok {
			p.fail(next.offset, "unknown kind of LLC frame %v; expected one of %s", next, llcKindNames)
		}
	default:
		return n
	}
	p.take()
	return n
}

// id reads what may follow the token of an ID.
func (p *parser) id(t token, q qualifier) operand {
	n := &idNode{qualifier: q, token: t}
	o := operand{kind: operandID, node: n, token: t, qualifier: q}
	if !q.given {
		p.unqualified(t)
		return o
	}
	switch {
	case (t.kind == tokenIPv4 || t.kind == tokenIPv6) && p.at("/"):
		p.take()
		length := p.number("the length of a prefix")
		n.length = &length
	case t.kind == tokenIPv4 && p.at("mask"):
		p.take()
		mask := p.take()
		if mask.kind != tokenIPv4 {
			p.fail(mask.offset, "expected a mask such as 255.255.255.0, found %v", mask)
		}
		n.mask = &mask
	case t.kind == tokenNumber && q.kind == "net" && p.at("/", "mask"):
		p.fail(t.offset, "write the network with a dot, as in %s.0", t.text)
	}
	return o
}
