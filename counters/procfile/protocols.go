package procfile

import "bytes"

// A protocolColumn is a column of the file protocols that we read.
type protocolColumn struct {
	column string // as the kernel heads it
	name   string
	host   bool
}

// protocolColumns: the number of sockets is the namespace's, memory (in pages)
// and its pressure are the host's.
func protocolColumns() [3]protocolColumn {
	return [3]protocolColumn{
		{column: "sockets", name: "protocols.sockets"},
		{column: "memory", name: "protocols.memory", host: true},
		{column: "press", name: "protocols.pressure", host: true},
	}
}

// protocols parses protocols, a table with one row for each protocol. Its other
// columns are facts about the code and no statistics.
func (p *Parser) protocols(values []Value, text []byte) ([]Value, error) {
	r := p.reader(text)
	r.next()
	columns := protocolColumns()
	var at [len(columns)]int
	for i, c := range columns {
		if at[i] = fieldIndex(r.line, c.column); at[i] < 1 {
			r.fail("no column " + c.column)
			return values, r.err
		}
	}
	for r.next() {
		word, _ := field(r.line)
		object, problem := p.name(nil, word)
		if problem != "" {
			r.fail(problem)
			continue
		}
		values = p.protocol(r, values, columns, at, object)
	}
	return values, r.err
}

// protocol appends what a row tells. The kernel writes "NI" and a memory of -1
// for what the protocol does not have.
func (p *Parser) protocol(r *reader, values []Value, columns [3]protocolColumn, at [3]int, object string) []Value {
	before := len(values)
	for i, c := range columns {
		word := fieldAt(r.line, at[i])
		n, negative, ok := level(word)
		if !ok {
			r.fail("column " + c.column + " is not as expected")
			return values[:before]
		}
		if negative || string(word) == "NI" {
			continue
		}
		values = append(values, Value{Name: c.name, Object: object, Number: n, Bits: 64, Gauge: true, Host: c.host})
	}
	return values
}

// level reads a number, or yes and no as 1 and 0.
func level(word []byte) (n uint64, negative, ok bool) {
	switch string(word) {
	case "yes":
		return 1, false, true
	case "no", "NI":
		return 0, false, true
	}
	return signed(word)
}

// fieldIndex finds a word in a line, -1 if it is not there.
func fieldIndex(line []byte, want string) int {
	i := 0
	for word, rest := field(line); len(word) > 0; word, rest = field(rest) {
		if bytes.Equal(word, []byte(want)) {
			return i
		}
		i++
	}
	return -1
}

// fieldAt returns a word of a line, empty if the line is shorter.
func fieldAt(line []byte, index int) []byte {
	word, rest := field(line)
	for range index {
		word, rest = field(rest)
	}
	return word
}
