package procfile

import "bytes"

// lines returns the parser of snmp6 or xfrm_stat.
func lines(prefix string) func(*Parser, []Value, []byte) ([]Value, error) {
	return func(p *Parser, values []Value, text []byte) ([]Value, error) {
		return p.lines(values, text, prefix)
	}
}

// lines parses a name and its value on each line. A line that is not so is left
// out.
func (p *Parser) lines(values []Value, text []byte, prefix string) ([]Value, error) {
	r := p.reader(text)
	for r.next() {
		name, rest := field(r.line)
		number, rest := field(rest)
		if more, _ := field(rest); len(more) > 0 {
			r.fail("more than a name and a value")
			continue
		}
		n, ok := decimal(number)
		if !ok {
			r.fail("no name and value")
			continue
		}
		full, problem := p.name([]byte(prefix), name)
		if problem != "" {
			r.fail(problem)
			continue
		}
		v := Value{Name: full, Number: n, Bits: lineBits(name)}
		if n >= 1<<32 {
			v.Bits = 64
		}
		values = append(values, v)
	}
	return values, r.err
}

// lineBits is the width of a counter of snmp6 or xfrm_stat; only those of IP
// itself have 64 bits everywhere.
func lineBits(name []byte) uint8 {
	if bytes.HasPrefix(name, []byte("Ip6")) {
		return 64
	}
	return wordBits
}
