package agent

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dropwatch/internal/peer/record"
)

func interval(row string, packets, missed uint64) *record.Drops {
	return &record.Drops{
		Source: "ebpf", Seconds: 10, Packets: packets, Lost: packets, Missed: &missed,
		Classes: []record.Class{{Class: "loss", Packets: packets}},
		Rows: []record.Row{
			{Packets: packets, Bytes: &packets, Reason: row, Class: "loss", NetNS: "web"},
			{Packets: 1, Reason: "ALWAYS", Class: "peer"},
		},
		Counters: []record.Counter{{Name: "Udp.InErrors", Delta: packets, Unexplained: 1}},
	}
}

// Each drop is told for as long as the window is, and counted once in it.
func TestWindow(t *testing.T) {
	w := window{length: 30 * time.Second}
	start := time.Unix(1000, 0)
	var got *record.Drops
	for i, n := range []uint64{5, 7, 11, 0, 0, 0} {
		got = w.add(start.Add(time.Duration(i)*10*time.Second), interval("A", n, 1))
		want := []uint64{5, 12, 23, 18, 11, 0}[i]
		if got.Packets != want || got.Lost != want || len(got.Rows) != 2 || len(w.past) != min(i+1, 3) {
			t.Errorf("interval %d: %d packets in %d rows, want %d", i, got.Packets, len(got.Rows), want)
		}
	}
	sum := w.add(start.Add(60*time.Second), interval("B", 3, 0))
	three, rate, zero := uint64(3), 0.1, uint64(0)
	want := &record.Drops{
		Source: "ebpf", Seconds: 30, Packets: 3, Lost: 3, Missed: new(uint64),
		Classes: []record.Class{{Class: "loss", Packets: 3, Rate: &rate}},
		Rows: []record.Row{
			{Packets: 3, Bytes: &three, Reason: "B", Class: "loss", NetNS: "web"},
			{Packets: 3, Reason: "ALWAYS", Class: "peer"},
			{Packets: 0, Bytes: &zero, Reason: "A", Class: "loss", NetNS: "web"},
		},
		Counters: []record.Counter{{Name: "Udp.InErrors", Delta: 3, Unexplained: 3}},
	}
	*want.Missed = 2
	// the order of rows with as many packets is by name
	want.Rows[0], want.Rows[1] = want.Rows[1], want.Rows[0]
	if diff := cmp.Diff(want, sum, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	w.top = 1
	if sum := w.add(start.Add(61*time.Second), interval("C", 9, 0)); len(sum.Rows) != 1 || sum.Rows[0].Packets != 9 || sum.Packets != 12 {
		t.Errorf("rows %+v of %d packets", sum.Rows, sum.Packets)
	}
}
