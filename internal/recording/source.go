package recording

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// A Source is a recording that is replayed. It is a dropmon.Source whose time is
// that of the recording; its methods are for one goroutine at a time, but for
// Wake.
type Source struct {
	feed   feed
	wanted wanted

	drop dropmon.Drop // the next one, if have
	have bool
	err  error // why there is none

	head    head // of the first file
	tells   dropmon.By
	symbols map[uint64]symbols.Symbol
	to      time.Time // as far as was read
	ended   counts    // of the files that are read
	now     counts    // of the one that is read
	more    []string  // what the summary must say of it
	whole   bool      // all files of the recording were read
	summary *report.Summary

	woken atomic.Bool
}

// Session is what a session is opened on to see the recording.
func (s *Source) Session() session.Recording {
	return session.Recording{Source: s, Host: s.head.Host, Kernel: s.head.Kernel, From: s.head.From, Symbol: s.symbol}
}

func (s *Source) symbol(address uint64) symbols.Symbol { return s.symbols[address] }

// maxSymbols is how many addresses have names; a kernel drops at some hundred.
const maxSymbols = 4 * maxRows

func (s *Source) name(address uint64, symbol symbols.Symbol) {
	if s.symbols == nil || len(s.symbols) >= maxSymbols {
		s.symbols = make(map[uint64]symbols.Symbol)
	}
	s.symbols[address] = symbol
}

// Name is that of the source that was recorded.
func (s *Source) Name() string { return s.head.Source }

// Tells is what that source could tell.
func (s *Source) Tells() dropmon.By { return s.tells }

// Notes has none: they are known at the end, see Warnings.
func (s *Source) Notes() []string { return nil }

// peek reads the next drop, if that is not done.
func (s *Source) peek() bool {
	if s.have || s.err != nil {
		return s.have
	}
	if s.err = s.feed.next(&s.drop); s.err != nil {
		return false
	}
	s.have = true
	s.seen(s.drop.Last)
	return true
}

// seen notes how far the recording has come.
func (s *Source) seen(t time.Time) {
	if t.After(s.to) {
		s.to = t
	}
}

// Next is the time of the next drop; false at the end.
func (s *Source) Next() (time.Time, bool) {
	if !s.peek() {
		return time.Time{}, false
	}
	return s.drop.Last, true
}

// Receive delivers what was dropped until a time of the recording, or until the
// end if the time is zero. It waits only for the file.
func (s *Source) Receive(deadline time.Time, yield func(*dropmon.Drop)) error {
	for !s.woken.Swap(false) && s.peek() {
		if !deadline.IsZero() && s.drop.Last.After(deadline) {
			return nil
		}
		s.have = false
		yield(&s.drop)
	}
	return s.Err()
}

// Err is what is wrong with the file. A file that was cut off is not wrong.
func (s *Source) Err() error {
	if s.err == io.EOF || errors.Is(s.err, errCut) {
		return nil
	}
	return s.err
}

// Wake ends a Receive early.
func (s *Source) Wake() { s.woken.Store(true) }

// Stop does nothing.
func (s *Source) Stop() error { return nil }

// Close does nothing: whoever opened the file closes it.
func (s *Source) Close() error { return nil }

// Stats is what was missed, as far as the file was read.
func (s *Source) Stats() (dropmon.Stats, error) {
	m := s.counts().Missed
	return dropmon.Stats{
		Unseen: m.Events, PacketsLost: m.Packets, PacketsLimited: m.Limited, Unkeyed: m.Unkeyed, AtLeast: m.AtLeast,
	}, nil
}

// counts are those of all files.
func (s *Source) counts() counts { return s.ended.plus(&s.now) }

func (c counts) plus(more *counts) counts {
	c.Packets += more.Packets
	c.Benign += more.Benign
	c.BenignBytes += more.BenignBytes
	c.Fragments += more.Fragments
	c.Missed.Events += more.Missed.Events
	c.Missed.Packets += more.Missed.Packets
	c.Missed.Limited += more.Missed.Limited
	c.Missed.Unkeyed += more.Missed.Unkeyed
	c.Missed.AtLeast = c.Missed.AtLeast || more.Missed.AtLeast
	return c
}

// To is the end of the recording, or how far it was read.
func (s *Source) To() time.Time { return s.to }

// Warnings are what the user should know of the recording, after the last
// Receive; one line each.
func (s *Source) Warnings() []string {
	var list []string
	if errors.Is(s.err, errCut) {
		list = append(list, s.err.Error()+"; what comes before is replayed")
	}
	if s.err != nil {
		list = append(list, s.wanted.notes()...)
	}
	return list
}
