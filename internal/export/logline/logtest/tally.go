package logtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dropwatch/internal/export/logline"
)

// A Sender adds numbered lines to a queue.
type Sender struct {
	Queue *logline.Queue
	Next  int
}

// Line is the record with that number. The number is in the field "n".
func Line(n int) logline.Record {
	return logline.Record{
		Time: time.Now(), Severity: logline.Warning, Event: "drop",
		Text: fmt.Sprintf("%d packets dropped: NO_SOCKET in __udp4_lib_rcv+0x4bc, namespace b", n),
		Fields: []logline.Field{
			logline.Count("n", uint64(n)), logline.Text("reason", "NO_SOCKET"), logline.Text("symbol", "__udp4_lib_rcv"),
			logline.Count("netns_inode", 4026532200), logline.Text("interface", "veth0"), logline.Count("bytes", 28),
		},
	}
}

// Send adds lines at a rate, for so long. It calls at, if not nil, with the share
// of the time that is over, from 0 to 1, every 10 ms.
func (s *Sender) Send(perSecond int, d time.Duration, at func(share float64)) {
	total := int(float64(perSecond) * d.Seconds())
	start, first := time.Now(), s.Next
	for s.Next < first+total {
		share := min(float64(time.Since(start))/float64(d), 1)
		for s.Next < first+int(share*float64(total)) {
			s.Queue.Add(Line(s.Next))
			s.Next++
		}
		if at != nil {
			at(share)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Settle waits until the queue has delivered all, and checks that its numbers add
// up.
func (s *Sender) Settle(t *testing.T) logline.Stats {
	t.Helper()
	WaitFor(t, "the queue to be empty", func() bool { return s.Queue.Stats().Waiting == 0 })
	stats := s.Queue.Stats()
	if stats.Added != uint64(s.Next) || stats.Added != stats.Delivered+stats.Lost {
		t.Errorf("does not add up: %d lines, %+v", s.Next, stats)
	}
	return stats
}

// A Tally is what arrived, by number.
type Tally struct {
	Numbers []int  // in the order of arrival
	Told    uint64 // lines that were reported as lost
	Notices uint64 // by so many lines
}

// Distinct is how many different lines arrived.
func (t *Tally) Distinct() int { return len(t.sorted()) }

// Twice is how many lines arrived that had arrived before.
func (t *Tally) Twice() int { return len(t.Numbers) - t.Distinct() }

func (t *Tally) sorted() []int {
	return slices.Compact(slices.Sorted(slices.Values(t.Numbers)))
}

// A Run is a range of numbers that did not arrive.
type Run struct{ First, Count int }

// Missing are the runs of numbers below n that did not arrive.
func (t *Tally) Missing(n int) (runs []Run) {
	next := 0
	for _, got := range append(t.sorted(), n) {
		if got > next {
			runs = append(runs, Run{next, got - next})
		}
		next = got + 1
	}
	return runs
}

// InOrder tells whether lines arrived in order, those aside that arrived again.
func (t *Tally) InOrder() bool {
	seen, highest := map[int]bool{}, -1
	for _, n := range t.Numbers {
		if !seen[n] && n < highest {
			return false
		}
		seen[n], highest = true, max(highest, n)
	}
	return true
}
