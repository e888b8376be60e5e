package syslog

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/logline/logtest"
)

// A way is a destination of a daemon.
type way struct{ name, url string }

func (r *receiver) ways() []way {
	ways := []way{
		{"unix", "syslog+unix://" + r.unix},
		{"udp", "syslog://" + r.udp + "?max=4000"},
		{"tcp", "syslog+tcp://" + r.tcp},
		{"tls", "syslog+tls://" + r.tls},
	}
	if r.stream != "" {
		ways = append(ways, way{"stream", "syslog+unix://" + r.stream + "?format=rfc5424"})
	}
	return ways
}

func TestRootRsyslog(t *testing.T)  { testDaemon(t, startRsyslog(t)) }
func TestRootSyslogNG(t *testing.T) { testDaemon(t, startSyslogNG(t)) }

func testDaemon(t *testing.T, r *receiver) {
	for _, w := range r.ways() {
		t.Run("fields/"+w.name, func(t *testing.T) { testFields(t, r, w.url) })
	}
	t.Run("fields/bsd", func(t *testing.T) { testBSD(t, r) })
	for _, w := range r.ways() {
		t.Run("restart/"+w.name, func(t *testing.T) { testRestart(t, r, w.url) })
	}
	for _, w := range r.ways() {
		t.Run("flood/"+w.name, func(t *testing.T) { testFlood(t, r, w.url) })
	}
}

// hard is a record with all that could be misread.
func hard() logline.Record {
	long := strings.Repeat("0123456789 ", 60)
	return logline.Record{
		Time: time.Date(2026, 3, 1, 12, 0, 3, 4005000, time.Local), Severity: logline.Error, Event: "packet",
		Text: `1 packet "dropped" [in] \x: é ` + long,
		Fields: []logline.Field{
			logline.Text("reason", "NETFILTER_DROP"), logline.Count("bytes", 18446744073709551615),
			logline.Text("process", `a "b" [c] = \d \\`), logline.Text("empty", ""), logline.Text("device", "é 漢"),
			logline.Text("rule", `ip saddr { 10.0.0.1, 10.0.0.2 } drop # comment="x]"`), logline.Text("long", strings.TrimSpace(long)),
			logline.Text("control", "a\n\x1b[2J\xff"),
		},
	}
}

// testFields sends a record and compares what the daemon has understood.
func testFields(t *testing.T, r *receiver, url string) {
	from := r.size()
	q := logline.NewQueue(r.destination(t, url), logline.QueueConfig{Name: url})
	defer q.Close(t.Context())
	want := hard()
	for range 3 {
		q.Add(want)
	}
	logtest.WaitFor(t, "three messages", func() bool { return r.lines(t, from) == 3 })
	for _, got := range r.messages(t, from) {
		if strings.HasPrefix(url, "syslog+unix://"+r.unix) {
			compareBSD(t, got, want)
			continue
		}
		data := map[string]string{}
		for _, f := range want.Fields {
			data[f.Name] = string(logline.AppendPrintable(nil, string(f.AppendValue(nil))))
		}
		if diff := cmp.Diff(data, got.data[DefaultSDID]); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		if got.priority != 3*8+3 || got.host != "host.example" || got.msgID != "packet" || got.procID == "-" || !got.time.Equal(want.Time) || got.text != want.Text {
			t.Errorf("got %+v", got)
		}
	}
}

// compareBSD compares what is left of a record with RFC 3164.
func compareBSD(t *testing.T, got parsed, want logline.Record) {
	t.Helper()
	text := string(logline.AppendPairs([]byte(want.Text), want.Fields))
	if diff := cmp.Diff(text, strings.TrimPrefix(got.text, " ")); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if got.priority != 3*8+3 || got.procID == "-" {
		t.Errorf("got %+v", got)
	}
}

func testBSD(t *testing.T, r *receiver) {
	for _, url := range []string{"syslog://" + r.udp + "?format=bsd&max=4000", "syslog+tcp://" + r.bsdTCP + "?format=bsd"} {
		from := r.size()
		q := logline.NewQueue(r.destination(t, url), logline.QueueConfig{Name: url})
		q.Add(hard())
		q.Add(hard())
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		logtest.WaitFor(t, "two messages over "+url, func() bool { return r.lines(t, from) == 2 })
		for _, got := range r.messages(t, from) {
			compareBSD(t, got, hard())
			if got.host != "host.example" {
				t.Errorf("host %q", got.host)
			}
		}
	}
}

// testRestart kills the daemon while nothing is under way, and later, unless over
// UDP, while much is.
func testRestart(t *testing.T, r *receiver, url string) {
	from := r.size()
	var changes []string
	config := logline.QueueConfig{Name: url, RetryMax: 200 * time.Millisecond, Changed: func(s logline.Stats) { changes = append(changes, s.String()) }}
	s := logtest.Sender{Queue: logline.NewQueue(r.destination(t, url), config)}
	s.Send(1000, 100*time.Millisecond, nil)
	stats := s.Settle(t)
	logtest.WaitFor(t, "the first lines", func() bool { return r.lines(t, from) >= int(stats.Delivered) })

	r.Kill()
	s.Send(5000, 100*time.Millisecond, nil)
	r.Start()
	stats = s.Settle(t)
	logtest.WaitFor(t, "the lines that waited", func() bool { return r.lines(t, from) >= s.Next })
	tally := r.tally(t, from)
	if missing := tally.Missing(s.Next); len(missing) > 0 || tally.Twice() > 0 || !tally.InOrder() || stats.Lost > 0 {
		t.Errorf("after a restart %v are missing, %d are there twice, in order: %v, %+v", missing, tally.Twice(), tally.InOrder(), stats)
	}
	if !stats.Unconfirmed {
		testKill(t, r, &s, from)
	}
	if err := s.Queue.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(changes) < 2 || len(changes)%2 != 0 || !strings.Contains(changes[0], "; lines wait (65536 at most)") || !strings.Contains(changes[1], "works again") {
		t.Errorf("changes: %q", changes)
	}
}

// testKill kills the daemon in the middle of a stream.
func testKill(t *testing.T, r *receiver, s *logtest.Sender, from int64) {
	idle, killed := s.Next, false
	s.Send(20000, 500*time.Millisecond, func(share float64) {
		switch {
		case share > 0.5 && !killed:
			killed = true
			r.Kill()
		case share > 0.8 && r.Down():
			r.Start()
		}
	})
	if r.Down() {
		r.Start()
	}
	stats := s.Settle(t)
	r.quiet(t)
	tally := r.tally(t, from)
	missing := tally.Missing(s.Next)
	t.Logf("killed in the middle: %d added, %d missing %v, %d twice", s.Next-idle, s.Next-tally.Distinct(), missing, tally.Twice())
	if stats.Lost > 0 || len(missing) > 1 || !tally.InOrder() || len(missing) == 1 && missing[0].Count > inMemory {
		t.Errorf("%v are missing, in order: %v, %+v", missing, tally.InOrder(), stats)
	}
}

// inMemory is how many lines a daemon may have read and not written when it was
// killed: rsyslog reads 128 kB from a stream at once.
const inMemory = 1000

// testFlood sends 50,000 lines a second to a daemon that stops for a while.
func testFlood(t *testing.T, r *receiver, url string) {
	from := r.size()
	s := logtest.Sender{Queue: logline.NewQueue(r.destination(t, url), logline.QueueConfig{Name: url, Limit: 16384})}
	stopped, continued := false, false
	start := time.Now()
	s.Send(50000, 1500*time.Millisecond, func(share float64) {
		if share > 0.3 && !stopped {
			stopped = true
			r.Signal(syscall.SIGSTOP)
		}
		if share > 0.8 && !continued {
			continued = true
			r.Signal(syscall.SIGCONT)
		}
	})
	if !continued {
		r.Signal(syscall.SIGCONT)
	}
	stats := s.Settle(t)
	took := time.Since(start)
	if err := s.Queue.Close(t.Context()); err != nil {
		t.Error(err)
	}
	confirmed := !stats.Unconfirmed
	r.quiet(t)
	tally := r.tally(t, from)
	stats = s.Queue.Stats()
	t.Logf("%d added, %d delivered, %d lost, %d arrived, %d twice, %d notices, in %v", stats.Added, stats.Delivered, stats.Lost, tally.Distinct(), tally.Twice(), tally.Notices, took.Round(time.Millisecond))
	got := uint64(tally.Distinct())
	switch {
	case stats.Added != 75000:
		t.Errorf("added %d", stats.Added)
	case confirmed && (got != stats.Delivered || tally.Twice() > 0 || tally.Told != stats.Lost || tally.Notices != stats.Notices || !tally.InOrder()):
		t.Errorf("%+v; arrived %d, told of %d lost in %d notices, in order: %v", stats, got, tally.Told, tally.Notices, tally.InOrder())
	case !confirmed && (got > stats.Delivered || got == 0):
		t.Errorf("%+v; arrived %d", stats, got)
	case strings.Contains(url, "unix") && stats.Lost == 0:
		t.Error("nothing was lost, although the daemon stood still: the test tests nothing")
	}
}
