package peer

import "encoding/binary"

// A tally is what the engine would have to do for a message, as far as it is more
// than to note it.
type tally struct {
	asks   int // others, on behalf of the sender
	doubts int // whether a member is alive, with a timer for each
}

// packet tells whether a message that came as a packet, or the messages that it is
// compounded of, are fit for the engine. Records are not, nor what is compressed:
// no member does that.
func (t *tally) packet(message []byte) bool {
	if message[0] != typeCompound {
		return t.one(message, true)
	}
	s := scanner{b: message, at: 1}
	count, ok := s.byte()
	if !ok || count == 0 {
		return false
	}
	lengths, ok := s.next(2 * int(count))
	if !ok {
		return false
	}
	for i := range int(count) {
		part, ok := s.next(int(binary.BigEndian.Uint16(lengths[2*i:])))
		if !ok || len(part) == 0 || !t.one(part, i == 0) {
			return false
		}
	}
	return s.ended()
}

// one takes what asks for an answer, and an answer, only as the first: members send
// one at a time, with news behind it.
func (t *tally) one(message []byte, first bool) bool {
	var fields []field
	switch message[0] {
	case typePing:
		fields = pingFields
	case typeIndirect:
		fields = indirectFields
		t.asks++
	case typeAck:
		fields = ackFields
	case typeNack:
		fields = nackFields
	case typeSuspect:
		fields, first = doubtFields, true
		t.doubts++
	case typeAlive:
		fields, first = aliveFields, true
	case typeDead:
		fields, first = doubtFields, true
	}
	if fields == nil || !first {
		return false
	}
	s := scanner{b: message, at: 1}
	_, ok := s.message(fields)
	return ok && s.ended()
}

// streamed reads a message that came over a stream, and tells whether it is fit for
// the engine. The engine trusts the numbers in it.
func (t *tally) streamed(s *scanner, answer bool, most int) (kind byte, ok bool) {
	kind, ok = s.byte()
	if !ok {
		return kind, false
	}
	switch {
	case kind == typePing && !answer:
		_, ok = s.message(pingFields)
	case kind == typeUser && !answer:
		var numbers [maxFields]uint64
		if numbers, ok = s.message(userFields); ok {
			_, ok = s.next(int(numbers[0]))
		}
	case kind == typePushPull:
		ok = t.states(s, most)
	case kind == typeAck && answer:
		_, ok = s.message(ackFields)
	case kind == typeError && answer:
		_, ok = s.message(errorFields)
	default:
		ok = false
	}
	return kind, ok && s.ended()
}

// states reads what a member knows of all of them.
func (t *tally) states(s *scanner, most int) bool {
	numbers, ok := s.message(pushPullFields)
	if !ok || numbers[0] > uint64(most) {
		return false
	}
	for range numbers[0] {
		state, ok := s.message(stateFields)
		if !ok {
			return false
		}
		if state[0] == stateSuspect || state[0] == stateDead {
			t.doubts++
		}
	}
	return true
}
