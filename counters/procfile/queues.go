package procfile

import "strconv"

// The columns of nfnetlink_queue, which the kernel does not name.
const (
	queueNumber = iota
	queuePort
	queueTotal
	queueCopyMode
	queueCopyRange
	queueDropped
	queueUserDropped
	queueSequence
	queueColumns
)

// queues parses nfnetlink_queue: a row for each queue that a program has bound.
// Its port id is part of the object, since a new owner begins from zero.
func (p *Parser) queues(values []Value, text []byte) ([]Value, error) {
	r := p.reader(text)
	for r.next() {
		var row [queueColumns]uint64
		rest, ok := r.line, true
		for i := range row {
			var word []byte
			word, rest = field(rest)
			if row[i], ok = decimal(word); !ok || row[i] >= 1<<32 {
				r.fail("too few columns, or one that is no number")
				ok = false
				break
			}
		}
		if !ok {
			continue
		}
		object, problem := p.queue(row[queueNumber], row[queuePort])
		if problem != "" {
			r.fail(problem)
			break
		}
		values = append(values,
			Value{Name: "nfnetlink_queue.queue_total", Object: object, Number: row[queueTotal], Bits: 32, Gauge: true},
			Value{Name: "nfnetlink_queue.queue_dropped", Object: object, Number: row[queueDropped], Bits: 32},
			Value{Name: "nfnetlink_queue.user_dropped", Object: object, Number: row[queueUserDropped], Bits: 32},
			Value{Name: "nfnetlink_queue.id_sequence", Object: object, Number: row[queueSequence], Bits: 32},
		)
	}
	return values, r.err
}

// queue returns the name of a queue, which is made only once.
func (p *Parser) queue(number, port uint64) (name, problem string) {
	p.key = strconv.AppendUint(append(p.key[:0], "queue "...), number, 10)
	p.key = strconv.AppendUint(append(p.key, " portid "...), port, 10)
	if known, ok := p.names[string(p.key)]; ok {
		return known, ""
	}
	// Owners come and go, and only those of now need to be remembered.
	if len(p.names) >= maxNames {
		clear(p.names)
	}
	known := string(p.key)
	p.names[known] = known
	return known, ""
}
