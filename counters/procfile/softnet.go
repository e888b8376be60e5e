package procfile

// The columns of softnet_stat that mean something. Those between are always
// zero on the kernels that we know; those behind have no name that could be read.
const (
	softnetMin = 3  // every kernel has at least these
	softnetCPU = 12 // since Linux 5.10
)

// softnetColumn names a column, or returns an empty name.
func softnetColumn(index int) (name string, gauge bool) {
	switch index {
	case 0:
		return "softnet.processed", false
	case 1:
		return "softnet.dropped", false
	case 2:
		return "softnet.time_squeeze", false
	case 9:
		return "softnet.received_rps", false
	case 10:
		return "softnet.flow_limit", false
	case 11:
		return "softnet.backlog_len", true
	case 13:
		return "softnet.input_qlen", true
	case 14:
		return "softnet.process_qlen", true
	}
	return "", false
}

// softnet parses softnet_stat: a row for each CPU that is online. Before column
// 13 told the CPU, rows could only be counted, which is wrong behind a CPU that
// is offline.
func (p *Parser) softnet(values []Value, text []byte) ([]Value, error) {
	r := p.reader(text)
	columns, next := 0, uint64(0)
	for r.next() {
		n := countFields(r.line)
		if columns == 0 {
			columns = n
		}
		if n < softnetMin || n != columns {
			r.fail("too few columns, or not as many as in the line above")
			continue
		}
		cpu := next
		if n > softnetCPU {
			var ok bool
			if cpu, ok = column(r.line, softnetCPU); !ok || cpu < next {
				r.fail("column 13 is no CPU number, or not in order")
				continue
			}
		}
		if cpu >= maxCPUs {
			r.fail("more CPUs than any kernel has")
			break
		}
		next = cpu + 1
		values = p.softnetRow(r, values, p.cpu(cpu))
	}
	return values, r.err
}

// column reads one hexadecimal column.
func column(line []byte, index int) (uint64, bool) {
	var word []byte
	for range index + 1 {
		word, line = field(line)
	}
	return hexadecimal(word, 32)
}

func (p *Parser) softnetRow(r *reader, values []Value, object string) []Value {
	before := len(values)
	word, rest := field(r.line)
	for i := 0; len(word) > 0; i++ {
		n, ok := hexadecimal(word, 32)
		if !ok {
			r.fail("a value is no hexadecimal number of 32 bits")
			return values[:before]
		}
		if name, gauge := softnetColumn(i); name != "" {
			values = append(values, Value{Name: name, Object: object, Number: n, Bits: 32, Gauge: gauge, Host: true})
		}
		word, rest = field(rest)
	}
	return values
}
