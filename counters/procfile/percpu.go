package procfile

import "slices"

// A perCPUTable is a file below /proc/net/stat.
type perCPUTable struct {
	prefix string
	bits   uint8
	host   bool // counts for the whole host, not for the namespace
}

// maxColumns is more than any such table has.
const maxColumns = 256

// perCPU returns the parser of such a file.
func perCPU(table perCPUTable) func(*Parser, []Value, []byte) ([]Value, error) {
	return func(p *Parser, values []Value, text []byte) ([]Value, error) {
		return p.perCPU(values, text, table)
	}
}

// perCPU parses a line of names, then a row of hexadecimal values for each
// possible CPU. Counters are summed over the CPUs, modulo their width: the sum
// of 32-bit counters then wraps as each of them does, and differences stay
// right. The column entries is the same level in each row and is taken from the
// first.
//
// When one row is bad, the sums would be short, so there are none.
func (p *Parser) perCPU(values []Value, text []byte, table perCPUTable) ([]Value, error) {
	r := p.reader(text)
	r.next()
	header := r.line
	columns := countFields(header)
	if columns == 0 || columns > maxColumns {
		r.fail("no line with the names of the columns")
		return values, r.err
	}
	p.sums = slices.Grow(p.sums[:0], columns)[:columns]
	clear(p.sums)
	rows := 0
	for r.next() {
		p.sumRow(r, rows == 0, table.bits)
		rows++
	}
	if rows == 0 {
		r.fail("no row of values")
	}
	if r.err != nil {
		return values, r.err
	}
	return p.named(r, values, header, table)
}

// sumRow adds a row to the sums. The first column, always entries, is kept from
// the first row.
func (p *Parser) sumRow(r *reader, first bool, bits uint8) {
	rest := r.line
	for i := range p.sums {
		var word []byte
		word, rest = field(rest)
		n, ok := hexadecimal(word, bits)
		if !ok {
			r.fail("too few values, or one that is no hexadecimal number of its width")
			return
		}
		if i > 0 || first {
			p.sums[i] += n
		}
	}
	if word, _ := field(rest); len(word) > 0 {
		r.fail("more values than names")
	}
}

// named gives the sums their names.
func (p *Parser) named(r *reader, values []Value, header []byte, table perCPUTable) ([]Value, error) {
	before := len(values)
	for _, sum := range p.sums {
		var name []byte
		name, header = field(header)
		full, problem := p.name([]byte(table.prefix), name)
		if problem != "" {
			r.number = 1
			r.fail(problem)
			return values[:before], r.err
		}
		if table.bits == 32 {
			sum = uint64(uint32(sum))
		}
		values = append(values, Value{
			Name: full, Number: sum, Bits: table.bits, Host: table.host, Gauge: string(name) == "entries",
		})
	}
	return values, nil
}
