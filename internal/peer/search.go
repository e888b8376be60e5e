package peer

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// lostFor is how long a member that answers no more is asked again: a cluster
// that was cut in two grows together by itself.
const lostFor = time.Hour

// compareAfter is when, after the first other member was seen, another one is asked
// for all members. What is told while many hosts join can miss one of them, and the
// engine compares notes seldom when there are many.
const compareAfter = 30 * time.Second

// A Search looks for members that are not there. It is for one goroutine.
type Search struct {
	own   string
	seeds []string
	seen  map[netip.AddrPort]time.Time // when each was a member last
	begun time.Time                    // when another member was seen first
	asked bool                         // for all members, after that
}

// NewSearch makes one for a host of that name. Seeds are those that should be
// members, HOST:PORT.
func NewSearch(own string, seeds []string) *Search {
	return &Search{own: own, seeds: seeds, seen: make(map[netip.AddrPort]time.Time)}
}

// Absent is whom to join at a time at which those are members: some seeds while this
// host is alone, else one of those that are seeds or were members, or of the others
// to compare notes. Call it at each interval.
func (s *Search) Absent(members []Member, now time.Time) []string {
	here := make(map[string]bool)
	var others []string
	for _, m := range members {
		here[m.Address.String()] = true
		s.seen[m.Address] = now
		if m.Name != s.own {
			others = append(others, m.Address.String())
		}
	}
	maps.DeleteFunc(s.seen, func(_ netip.AddrPort, last time.Time) bool { return now.Sub(last) > lostFor })
	if len(others) == 0 && len(s.seeds) > 0 {
		return s.some()
	}
	if missing := s.missing(here); len(missing) > 0 {
		return missing[rand.IntN(len(missing)):][:1]
	}
	if len(others) > 0 && s.compare(now) {
		return others[rand.IntN(len(others)):][:1]
	}
	return nil
}

// most is how many seeds are asked at once: each tells all it knows.
const most = 3

// some are seeds, others each time.
func (s *Search) some() []string {
	list := slices.Clone(s.seeds)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(len(list), most)]
}

func (s *Search) missing(here map[string]bool) []string {
	var list []string
	for address := range s.seen {
		list = append(list, address.String())
	}
	for _, address := range s.seeds {
		if _, err := netip.ParseAddrPort(address); err == nil { // a name may be that of a member
			list = append(list, address)
		}
	}
	return slices.DeleteFunc(list, func(address string) bool { return here[address] })
}

// compare tells whether it is time to compare notes.
func (s *Search) compare(now time.Time) bool {
	if s.begun.IsZero() {
		s.begun = now
	}
	if s.asked || now.Sub(s.begun) < compareAfter {
		return false
	}
	s.asked = true
	return true
}
