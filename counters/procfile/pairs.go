package procfile

import "bytes"

// pairs parses snmp and netstat, where a line of names is followed by a line of
// values, both beginning with the name of the group. A group may come twice, as
// IcmpMsg does when there are many message types.
func (p *Parser) pairs(values []Value, text []byte) ([]Value, error) {
	r := p.reader(text)
	var header []byte
	for r.next() {
		if header == nil {
			header = r.line
			continue
		}
		group, names, ok := cutGroup(header)
		again, numbers, _ := cutGroup(r.line)
		if !ok || !bytes.Equal(group, again) {
			r.fail("names are not followed by their values")
			header = r.line
			continue
		}
		values = p.pair(r, values, group, names, numbers)
		header = nil
	}
	if header != nil {
		r.fail("names are not followed by their values")
	}
	return values, r.err
}

// cutGroup cuts "Udp:" off a line and returns "Udp.".
func cutGroup(line []byte) (group, rest []byte, ok bool) {
	word, rest := field(line)
	if len(word) < 2 || word[len(word)-1] != ':' {
		return nil, nil, false
	}
	return word[:len(word)-1], rest, true
}

// pair appends one group, or nothing of it when names and values do not match:
// a value under the wrong name is worse than none.
func (p *Parser) pair(r *reader, values []Value, group, names, numbers []byte) []Value {
	if problem := badName(group); problem != "" {
		r.fail(problem)
		return values
	}
	before, bits := len(values), pairBits(group)
	p.key = append(append(p.key[:0], group...), '.')
	prefix := len(p.key)
	for {
		var name, number []byte
		name, names = field(names)
		number, numbers = field(numbers)
		if len(name) == 0 && len(number) == 0 {
			return values
		}
		if len(name) == 0 || len(number) == 0 {
			r.fail("group " + string(group) + " has not as many values as names")
			return values[:before]
		}
		n, negative, ok := signed(number)
		if !ok {
			r.fail("group " + string(group) + " has a value that is no number")
			return values[:before]
		}
		full, problem := p.name(p.key[:prefix], name)
		if problem != "" {
			r.fail(problem)
			return values[:before]
		}
		v := Value{Name: full, Number: n, Bits: bits, Gauge: negative || pairGauge(full)}
		if v.Gauge || n >= 1<<32 {
			v.Bits = 64
		}
		values = append(values, v)
	}
}

// pairBits is the width of the counters of a group: those of IP have 64 bits
// everywhere, others are an unsigned long.
func pairBits(group []byte) uint8 {
	if g := string(group); g == "Ip" || g == "IpExt" {
		return 64
	}
	return wordBits
}

// pairGauge tells levels and settings from counters.
func pairGauge(name string) bool {
	switch name {
	case "Ip.Forwarding", "Ip.DefaultTTL",
		"Tcp.RtoAlgorithm", "Tcp.RtoMin", "Tcp.RtoMax", "Tcp.MaxConn", "Tcp.CurrEstab",
		"MPTcpExt.MPCurrEstab":
		return true
	}
	return false
}
