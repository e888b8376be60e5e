package peer

import (
	"bytes"
	"errors"
	"sync/atomic"
)

// hear reads the message, and counts it if it is not fit for the engine. It gives
// the kind of the message.
func (s *stream) hear() (byte, error) {
	s.heard = true
	in := &scanner{b: s.head, at: len(s.head), from: s}
	kind, refusal := s.of.inspect(in, !s.came)
	switch {
	case in.err == nil && refusal == nil:
		s.head = in.b
		return kind, nil
	case in.err == nil:
		refusal.Add(1)
		return 0, errUnfit
	case s.came && !errors.Is(in.err, errTooMuch):
		s.of.counted.streamsSilent.Add(1)
	}
	return 0, in.err
}

// sealedLead is a type and a length.
const sealedLead = 1 + 4

// inspect reads a message, and tells what it is to be counted as if it is not fit
// for the engine.
func (s *streams) inspect(in *scanner, answer bool) (kind byte, refusal *atomic.Uint64) {
	var t tally
	o, ok := s.front.opener.Load(), false
	if len(o.current) == 0 {
		kind, ok = t.streamed(in, answer, s.states)
		return kind, s.judge(&t, ok)
	}
	lead, ok := in.next(1)
	if !ok || lead[0] != typeSealed {
		return 0, &s.counted.streamsNotOpened
	}
	length, ok := in.number(4)
	if !ok || int64(length) > s.limits.bytes {
		return 0, &s.counted.streamsMalformed
	}
	start := in.at
	sealed, ok := in.next(int(length))
	if !ok || !in.ended() {
		return 0, &s.counted.streamsMalformed
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	plain, how := o.openWith(nil, sealed, append(bytes.Clone(in.b[start-sealedLead:start]), label...))
	switch how {
	case openedOld:
		return 0, &s.counted.streamsOldKey
	case notOpened:
		return 0, &s.counted.streamsNotOpened
	}
	kind, ok = t.streamed(&scanner{b: plain}, answer, s.states)
	return kind, s.judge(&t, ok)
}

func (s *streams) judge(t *tally, ok bool) *atomic.Uint64 {
	switch {
	case !ok:
		return &s.counted.streamsMalformed
	case !s.front.affords(t):
		return &s.counted.streamsFull
	}
	return nil
}
