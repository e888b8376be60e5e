package procfile

// sockstat parses sockstat and sockstat6: a protocol, then pairs of names and
// levels. Names come out as "sockstat.TCP.inuse".
func (p *Parser) sockstat(values []Value, text []byte) ([]Value, error) {
	r := p.reader(text)
	for r.next() {
		group, rest, ok := cutGroup(r.line)
		if !ok || badName(group) != "" {
			r.fail("the line does not begin with a protocol")
			continue
		}
		p.key = append(append(append(p.key[:0], "sockstat."...), group...), '.')
		values = p.levels(r, values, len(p.key), rest)
	}
	return values, r.err
}

// levels appends the pairs of one line, or none of them if one is bad.
func (p *Parser) levels(r *reader, values []Value, prefix int, rest []byte) []Value {
	before := len(values)
	for {
		var name, number []byte
		name, rest = field(rest)
		number, rest = field(rest)
		if len(name) == 0 {
			return values
		}
		n, _, ok := signed(number)
		if !ok {
			r.fail("a name is not followed by its number")
			return values[:before]
		}
		full, problem := p.name(p.key[:prefix], name)
		if problem != "" {
			r.fail(problem)
			return values[:before]
		}
		values = append(values, Value{Name: full, Number: n, Bits: 64, Gauge: true, Host: hostLevel(full)})
	}
}

// hostLevel tells what the kernel keeps once for the whole host although it
// shows it in each namespace.
func hostLevel(name string) bool {
	switch name {
	case "sockstat.TCP.orphan", "sockstat.TCP.alloc", "sockstat.TCP.mem", "sockstat.UDP.mem":
		return true
	}
	return false
}
