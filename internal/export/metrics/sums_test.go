package metrics

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"dropwatch/internal/report"
)

// TestEverythingInTotalIsCounted holds that what a report has in its total is in
// the metrics, with a row or without.
func TestEverythingInTotalIsCounted(t *testing.T) {
	row := report.Drop{Packets: 10, Bytes: 100, Reason: "NO_SOCKET", Class: "peer", Origin: "software"}
	calm := report.Drop{Packets: 4, Bytes: 40, Reason: "OTHERHOST", Class: "benign", Origin: "software"}
	for _, test := range []struct {
		name                         string
		total                        report.Total
		rows                         []report.Drop
		hidden, hiddenBytes          float64 // class benign, the rest other
		others, otherBytes           float64
		hiddenAbsent, othersAreThere bool
	}{
		{name: "rows only", total: report.Total{Packets: 14, Bytes: 140, Lost: 10, Benign: 4}, rows: []report.Drop{row, calm}, hiddenAbsent: true},
		{name: "benign drops are not shown", total: report.Total{Packets: 17, Bytes: 170, Lost: 10, Benign: 7}, rows: []report.Drop{row}, hidden: 7, hiddenBytes: 70},
		{name: "rows are left out", total: report.Total{Packets: 20, Bytes: 200, Lost: 16, Benign: 4}, rows: []report.Drop{row, calm}, others: 6, otherBytes: 60, othersAreThere: true, hiddenAbsent: true},
		{name: "both", total: report.Total{Packets: 20, Bytes: 200, Lost: 16, Benign: 4}, rows: []report.Drop{row}, hidden: 4, others: 6, otherBytes: 100, othersAreThere: true},
		{name: "bytes only", total: report.Total{Packets: 10, Bytes: 101, Lost: 10}, rows: []report.Drop{row}, otherBytes: 1, othersAreThere: true, hiddenAbsent: true},
		{name: "rows without a total", rows: []report.Drop{row, calm}, hiddenAbsent: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := New(Config{})
			m.Observe(&report.Summary{Total: test.total, Drops: test.rows, From: noon})
			families := parse(t, scrape(t, m, ""))
			packets, bytes := float64(test.total.Packets), float64(test.total.Bytes)
			if test.total == (report.Total{}) {
				packets, bytes = 14, 140
			}
			if got := total(families, "dropwatch_drop_packets_total"); got != packets {
				t.Errorf("%v packets, want %v", got, packets)
			}
			if got := total(families, "dropwatch_drop_bytes_total"); got != bytes {
				t.Errorf("%v bytes, want %v", got, bytes)
			}
			if !test.hiddenAbsent {
				labels := []string{"reason", other, "class", benign}
				if got := value(t, families, "dropwatch_drop_packets_total", labels...); got != test.hidden {
					t.Errorf("%v hidden packets, want %v", got, test.hidden)
				}
				if got := value(t, families, "dropwatch_drop_bytes_total", labels...); got != test.hiddenBytes {
					t.Errorf("%v hidden bytes, want %v", got, test.hiddenBytes)
				}
			}
			if test.othersAreThere {
				labels := []string{"reason", other, "class", other, "origin", other, "subsystem", other}
				if got := value(t, families, "dropwatch_drop_packets_total", labels...); got != test.others {
					t.Errorf("%v other packets, want %v", got, test.others)
				}
				if got := value(t, families, "dropwatch_drop_bytes_total", labels...); got != test.otherBytes {
					t.Errorf("%v other bytes, want %v", got, test.otherBytes)
				}
			}
		})
	}
}

// distinct makes rows of which no two are alike.
func distinct(n int) (rows []report.Drop, packets, bytes uint64) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		d := report.Drop{
			Packets: random.Uint64N(1000) + 1, Bytes: random.Uint64N(100_000), Reason: "NETFILTER_DROP", Class: "policy", Origin: "software",
			NetNS: &report.NetNS{Inode: uint32(i), Name: fmt.Sprintf("pod-%d", i)}, Interface: &report.Interface{Index: 2, Name: "eth0"},
		}
		packets, bytes = packets+d.Packets, bytes+d.Bytes
		rows = append(rows, d)
	}
	return rows, packets, bytes
}

func TestCardinality(t *testing.T) {
	const rows, limit = 100_000, 1000
	m := New(Config{PerNetNS: true, PerInterface: true})
	drops, packets, bytes := distinct(rows)
	counters := make([]report.Counter, rows)
	for i := range counters {
		counters[i] = report.Counter{Name: "Udp.NoPorts", NetNS: drops[i].NetNS, Delta: 2, Unexplained: 1, Loss: true}
	}
	for range 2 {
		m.Observe(&report.Summary{Drops: drops, Counters: counters, From: noon})
	}
	text := scrape(t, m, "")
	families := parse(t, text)
	for name, want := range map[string]float64{
		"dropwatch_drop_packets_total": float64(2 * packets), "dropwatch_drop_bytes_total": float64(2 * bytes),
		"dropwatch_kernel_losses_total": 4 * rows, "dropwatch_kernel_losses_unexplained_total": 2 * rows,
	} {
		if n := len(families[name].GetMetric()); n != limit+1 {
			t.Errorf("%s: %d series, want %d and that of the others", name, n, limit)
		}
		if got := total(families, name); got != want {
			t.Errorf("%s: %v in all, want %v", name, got, want)
		}
	}
	if v := value(t, families, "dropwatch_series_other_total", "of", "drops"); v != 2*(rows-limit) {
		t.Errorf("%v went to the others", v)
	}
	if v := value(t, families, "dropwatch_series", "of", "losses"); v != limit {
		t.Errorf("%v series", v)
	}
	if len(text) > 1<<20 {
		t.Errorf("the scrape has %d bytes", len(text))
	}
}

// TestConcurrent reads while reports are added: no scrape shows a part of one,
// no value falls, and at the end nothing is missing.
func TestConcurrent(t *testing.T) {
	m := New(Config{PerNetNS: true, MaxSeries: 10})
	const writers, rounds = 4, 200
	rows, packets, bytes := distinct(25)
	counters := []report.Counter{{Name: "Udp.NoPorts", Delta: 3, Unexplained: 1, Loss: true}}
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range writers {
		writing.Go(func() {
			for range rounds {
				m.Observe(&report.Summary{
					Drops: rows, Total: report.Total{Packets: packets, Bytes: bytes}, Counters: counters,
					Missed: report.Missed{Events: 1, Packets: 1, Limited: 2, Unkeyed: 1}, From: noon,
				})
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			var before float64
			for {
				families := parse(t, scrape(t, m, "text/plain"))
				reports := total(families, "dropwatch_missed_events_total")
				if got := total(families, "dropwatch_drop_packets_total"); got != reports*float64(packets) {
					t.Errorf("%v packets of %v reports", got, reports)
				}
				if reports < before {
					t.Errorf("%v reports after %v", reports, before)
				}
				before = reports
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	families := parse(t, scrape(t, m, ""))
	for name, want := range map[string]uint64{
		"dropwatch_drop_packets_total": packets, "dropwatch_drop_bytes_total": bytes, "dropwatch_kernel_losses_total": 3,
		"dropwatch_kernel_losses_unexplained_total": 1, "dropwatch_missed_packets_total": 3, "dropwatch_unkeyed_packets_total": 1,
	} {
		if got := total(families, name); got != float64(writers*rounds*want) {
			t.Errorf("%s: %v, want %d", name, got, writers*rounds*want)
		}
	}
}

// TestSetCounters holds that counters of a whole watch are taken as they are,
// objects added up, and never fall.
func TestSetCounters(t *testing.T) {
	m := New(Config{PerInterface: true, MaxSeries: 2})
	set := func(delta, unexplained uint64) {
		m.SetCounters([]report.Counter{
			{Name: "tc.dropped", Object: "fq 1:", Delta: delta, Unexplained: unexplained, Loss: true},
			{Name: "tc.dropped", Object: "fq 2:", Delta: 5, Unexplained: 1, Loss: true},
			{Name: "tc.dropped", Object: "mq 0:", Delta: delta + 5, Parent: true, Loss: true},
			{Name: "Icmp.OutMsgs", Delta: 9},
			{Name: "Udp.NoPorts", Delta: 1, Loss: true},
			{Name: "Udp.MemErrors", Delta: 2, Loss: true},
			{Name: "Udp.InErrors", Delta: 3, Loss: true},
		})
	}
	for _, step := range []struct{ delta, unexplained, wantDelta, wantUnexplained uint64 }{
		{10, 7, 15, 8},
		{10, 7, 15, 8},
		{20, 2, 25, 8}, // drops that came later explain a part
		{0, 0, 25, 8},  // a namespace is gone
		{30, 30, 35, 31},
	} {
		set(step.delta, step.unexplained)
		families := parse(t, scrape(t, m, ""))
		if got := value(t, families, "dropwatch_kernel_losses_total", "counter", "tc.dropped"); got != float64(step.wantDelta) {
			t.Errorf("rise %v, want %d", got, step.wantDelta)
		}
		if got := value(t, families, "dropwatch_kernel_losses_unexplained_total", "counter", "tc.dropped"); got != float64(step.wantUnexplained) {
			t.Errorf("unexplained %v, want %d", got, step.wantUnexplained)
		}
		if got := value(t, families, "dropwatch_kernel_losses_total", "counter", other); got != 5 {
			t.Errorf("others %v, want 5", got)
		}
	}
}

// TestLabelsThatSayOther holds that a name cannot make a second series of the
// same labels, which would spoil the scrape.
func TestLabelsThatSayOther(t *testing.T) {
	m := New(Config{MaxSeries: 1})
	for _, reason := range []string{other, "A", "B"} {
		m.Observe(&report.Summary{From: noon, Drops: []report.Drop{{Packets: 1, Reason: reason, Subsystem: other, Class: other, Origin: other}}})
	}
	families := parse(t, scrape(t, m, ""))
	if got := value(t, families, "dropwatch_drop_packets_total", "reason", other); got != 2 {
		t.Errorf("%v others, want 2", got)
	}
}

// TestHostileNames holds that no name from outside can spoil a scrape.
func TestHostileNames(t *testing.T) {
	names := []string{
		"\xff\xfe", "a\nb\"} 1\ndropwatch_incomplete 1\n", strings.Repeat("x", 64<<10), strings.Repeat("ü", 64<<10),
		"\x00", "\u202eevil", "{}=,\\", "\x1b[2J", "\ufffd", strings.Repeat("\xf0\x9f", 40),
	}
	m := New(Config{PerNetNS: true, PerInterface: true, PerLocation: true, Version: names[0]})
	for _, name := range names {
		m.Observe(&report.Summary{
			From: noon, Source: name, Kernel: name,
			Drops: []report.Drop{
				{Packets: 1, Reason: name, Subsystem: name, Class: name, Origin: name, NetNS: &report.NetNS{Name: name},
					Interface: &report.Interface{Name: name}, Location: &report.Location{Symbol: name}},
				{Packets: 1, Trap: &report.Trap{Name: name, Group: name}, Location: &report.Location{Address: name}},
				{Packets: 1, Counter: name},
			},
			Counters: []report.Counter{{Name: name, Delta: 1, Loss: true, NetNS: &report.NetNS{Name: name}, Interface: &report.Interface{Name: name}}},
		})
	}
	for _, accept := range []string{"text/plain", openMetrics} {
		text := scrape(t, m, accept)
		if len(text) > 100<<10 {
			t.Errorf("the scrape has %d bytes", len(text))
		}
		if accept == openMetrics {
			continue
		}
		families := parse(t, text)
		if got := total(families, "dropwatch_drop_packets_total"); got != float64(3*len(names)) {
			t.Errorf("%v packets", got)
		}
		if got := total(families, "dropwatch_incomplete"); got != 0 {
			t.Errorf("a name has made a metric %v", got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "eth0", "a\nb", "\xff", strings.Repeat("ü", 200), "\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := clean(name)
		if again := clean(got); again != got {
			t.Errorf("%q, and cleaned again %q", got, again)
		}
		if n := len([]rune(got)); n > maxValue || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0xfffd }) {
			t.Errorf("%q has %d characters", got, n)
		}
		if plain(name) && got != name {
			t.Errorf("%q became %q", name, got)
		}
	})
}

// BenchmarkScrape is the cost of a scrape of 1000 label sets that have not
// changed since the last one.
func BenchmarkScrape(b *testing.B) {
	m := New(Config{PerNetNS: true, PerInterface: true})
	rows, _, _ := distinct(1000)
	m.Observe(&report.Summary{Drops: rows, From: noon})
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(scrape(b, m, "text/plain"))))
	}
}

// BenchmarkObserve is the cost of a report of 1000 rows that are known already.
func BenchmarkObserve(b *testing.B) {
	m := New(Config{PerNetNS: true, PerInterface: true})
	rows, _, _ := distinct(1000)
	r := &report.Summary{Drops: rows, From: noon, To: noon.Add(time.Second)}
	m.Observe(r)
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(r)
	}
}
