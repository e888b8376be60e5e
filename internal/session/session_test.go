package session

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

func summary(t *testing.T, s *Session) *report.Summary {
	t.Helper()
	r, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rows prints reason and number of the rows.
func rows(r *report.Summary) string {
	var parts []string
	for _, d := range r.Drops {
		parts = append(parts, fmt.Sprintf("%s:%d", d.Reason, d.Packets))
	}
	return strings.Join(parts, " ")
}

func flow(port uint16) dropmon.Flow {
	return dropmon.Flow{
		Source:      netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), port),
		Destination: netip.MustParseAddrPort("10.0.0.2:9"),
	}
}

func TestNamesAndClasses(t *testing.T) {
	s, _ := open(t, Config{}, drop("NO_SOCKET", 3), drop("SOCKET_RCVBUFF", 5))
	receive(t, s, nil)
	r := summary(t, s)
	if r.Schema != report.SummarySchema || r.Source != "fake" || r.Host == "" || r.Kernel == "" || !r.To.After(r.From) {
		t.Errorf("head %+v", r)
	}
	if r.Total != (report.Total{Packets: 8, Bytes: 80, Lost: 8}) || rows(r) != "SOCKET_RCVBUFF:5 NO_SOCKET:3" {
		t.Errorf("total %+v, rows %s", r.Total, rows(r))
	}
	d := r.Drops[0]
	if d.Class != "loss" || d.Cause == "" || d.Advice == "" || *d.NetNS != (report.NetNS{Inode: 1, Name: "blue"}) ||
		*d.Interface != (report.Interface{Index: 2, Name: "eth0"}) || d.Protocol != "IPv4" || d.Transport != "UDP" {
		t.Errorf("row %+v", d)
	}
}

func TestFilter(t *testing.T) {
	for expression, want := range map[string]string{
		``:                                      "B:60 A:50 B:40 A:30",
		`reason == "A"`:                         "A:50 A:30",
		`interface == "eth1"`:                   "A:50 B:40",
		`packets > 30 && reason == "A"`:         "A:50",
		`bytes >= 500`:                          "B:60 A:50",
		`buffers == 40 or interface == "lo"`:    "B:40",
		`netns == "red"`:                        "",
		`class == "loss" && transport == "UDP"`: "B:60 A:50 B:40 A:30",
	} {
		s, _ := open(t, Config{Filter: compile(t, expression)}, parts()...)
		receive(t, s, nil)
		if got := rows(summary(t, s)); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

// parts are four rows, each in two parts.
func parts() (drops []dropmon.Drop) {
	for _, row := range []struct {
		reason  string
		index   uint32
		packets uint64
	}{{"A", 2, 15}, {"A", 3, 25}, {"B", 2, 30}, {"B", 3, 20}} {
		d := drop(row.reason, row.packets)
		d.Interface = dropmon.Interface{Index: row.index, Name: fmt.Sprintf("eth%d", row.index-2)}
		drops = append(drops, d, d)
	}
	return drops
}

// Only what is sure is decided by the source.
func TestPushdown(t *testing.T) {
	reasons, err := symbols.LoadReasons()
	if err != nil {
		t.Skipf("no names of reasons: %v", err)
	}
	code := reasons.Code("NO_SOCKET")
	if len(code) == 0 {
		t.Skip("this kernel has no NO_SOCKET")
	}
	for _, test := range []struct {
		config Config
		filter string
		want   dropmon.Restriction
		detail dropmon.Detail
	}{
		{Config{}, ``, dropmon.Restriction{}, 0},
		{Config{NetNS: []string{"7", "8"}, Devices: []string{"a", "b"}}, ``, dropmon.Restriction{NetNS: []uint32{7, 8}, Interfaces: []string{"a", "b"}}, 0},
		{Config{}, `reason == "NO_SOCKET"`, dropmon.Restriction{Reasons: code}, 0},
		{Config{}, `reason == "no_socket"`, dropmon.Restriction{}, 0}, // the filter minds the case
		{Config{}, `reason != "NO_SOCKET"`, dropmon.Restriction{}, 0},
		{Config{}, `reason == "NO_SOCKET" || interface == "a"`, dropmon.Restriction{}, 0},
		{Config{}, `interface in ["a", "b"] && bytes > 3`, dropmon.Restriction{Interfaces: []string{"a", "b"}}, 0},
		{Config{}, `interface == ""`, dropmon.Restriction{}, 0},
		{Config{}, `interface == "longer than a name"`, dropmon.Restriction{}, 0},
		{Config{Devices: []string{"a"}}, `interface == "b"`, dropmon.Restriction{Interfaces: []string{"a"}}, 0},
		{Config{}, `netns == "may come later"`, dropmon.Restriction{}, 0},
		{Config{By: dropmon.ByFlow}, `pid == 3`, dropmon.Restriction{}, dropmon.DetailFlow | dropmon.DetailSocket},
		{Config{By: dropmon.ByFlow, Packets: true}, `pid == 3`, dropmon.Restriction{}, 0},
	} {
		test.config.Filter = compile(t, test.filter)
		_, f := open(t, test.config)
		got := f.config.Restrict
		if !slices.Equal(got.NetNS, test.want.NetNS) || !slices.Equal(got.Interfaces, test.want.Interfaces) || !slices.Equal(got.Reasons, test.want.Reasons) {
			t.Errorf("%+v, filter %s: got %+v, want %+v", test.config, test.filter, got, test.want)
		}
		if f.config.Detail != test.detail || f.config.SampleInterval != sampleInterval {
			t.Errorf("filter %s: detail %b, want %b", test.filter, f.config.Detail, test.detail)
		}
	}
}

// A source may let through more than it was asked for.
func TestRestrictionIsAskedAgain(t *testing.T) {
	red, eth1 := drop("A", 5), drop("A", 7)
	red.NetNS = dropmon.NetNS{Inode: 2, Name: "red"}
	eth1.Interface = dropmon.Interface{Index: 3, Name: "eth1"}
	all := []dropmon.Drop{drop("A", 1), red, eth1}
	for _, test := range []struct {
		config Config
		want   uint64
	}{
		{Config{}, 13}, {Config{NetNS: []string{"1"}}, 8}, {Config{NetNS: []string{"2", "3"}}, 5},
		{Config{Devices: []string{"eth0"}}, 6}, {Config{NetNS: []string{"1"}, Devices: []string{"eth0"}}, 1},
	} {
		s, _ := open(t, test.config, all...)
		receive(t, s, nil)
		if got := summary(t, s).Total.Packets; got != test.want {
			t.Errorf("%+v: %d packets, want %d", test.config, got, test.want)
		}
	}
}

func TestUnknownNamespace(t *testing.T) {
	opened := false
	_, err := Open(Config{NetNS: []string{"nowhere at all"}, open: func(dropmon.Config) (dropmon.Source, error) {
		opened = true
		return &fake{}, nil
	}})
	if err == nil || opened || !strings.Contains(err.Error(), `no network namespace "nowhere at all"`) {
		t.Errorf("got %v, source opened: %t", err, opened)
	}
}

func TestBenign(t *testing.T) {
	benign := drop("SOCKET_CLOSE", 9)
	benign.Protocol, benign.Transport = 0, 0
	for _, all := range []bool{false, true} {
		s, _ := open(t, Config{All: all}, drop("NO_SOCKET", 3), benign)
		receive(t, s, nil)
		r := summary(t, s)
		if r.Total.Benign != 9 || r.Total.Lost != 3 || r.Total.Packets != 12 {
			t.Errorf("total %+v", r.Total)
		}
		want, count := "NO_SOCKET:3", uint64(3)
		if all {
			want, count = "SOCKET_CLOSE:9 NO_SOCKET:3", 12
		}
		if got := rows(r); got != want || s.Count() != count {
			t.Errorf("all %t: rows %s, count %d", all, got, s.Count())
		}
		if before := s.ShowAll(!all); before != all {
			t.Errorf("ShowAll returns %t", before)
		}
	}
}

func TestUnkeyed(t *testing.T) {
	lost := dropmon.Drop{Packets: 7, Buffers: 6, Bytes: 70, Unkeyed: true, Reason: dropmon.Reason{Code: dropmon.NoReason}}
	for _, filter := range []string{``, `reason == "A"`, `packets > 1 && reason == "A"`} {
		s, f := open(t, Config{Filter: compile(t, filter)}, drop("A", 3), lost)
		f.stats.Unkeyed = 7
		receive(t, s, nil)
		r := summary(t, s)
		if r.Total.Packets != 10 || len(r.Drops) != 2 || !r.Drops[0].Other || r.Drops[0].Packets != 7 || r.Missed.Unkeyed != 7 {
			t.Errorf("%s: total %+v, missed %+v, rows %+v", filter, r.Total, r.Missed, r.Drops)
		}
	}
}

// Intervals add up to the whole, drops and losses.
func TestIntervals(t *testing.T) {
	s, f := open(t, Config{})
	var packets, bytes, events uint64
	for i := range uint64(5) {
		f.pending = []dropmon.Drop{drop("A", i), drop("B", 2*i)}
		f.stats.Unseen += i
		receive(t, s, nil)
		r, err := s.Interval()
		if err != nil {
			t.Fatal(err)
		}
		if r.Total.Packets != 3*i || r.Missed.Events != i {
			t.Errorf("interval %d: %+v, missed %+v", i, r.Total, r.Missed)
		}
		packets, bytes, events = packets+r.Total.Packets, bytes+r.Total.Bytes, events+r.Missed.Events
	}
	r := summary(t, s)
	if r.Total.Packets != packets || r.Total.Bytes != bytes || r.Missed.Events != events || packets != 30 {
		t.Errorf("intervals give %d packets, %d bytes, %d missed; the whole %+v, %+v", packets, bytes, events, r.Total, r.Missed)
	}
}

func TestBy(t *testing.T) {
	s, _ := open(t, Config{By: dropmon.ByReason}, parts()...)
	receive(t, s, nil)
	r := summary(t, s)
	if got := rows(r); got != "B:100 A:80" || r.By != "reason" {
		t.Errorf("rows %s by %s", got, r.By)
	}
	if d := r.Drops[0]; d.Interface != nil || d.Location != nil || d.NetNS == nil {
		t.Errorf("row %+v, want what the drops have in common", d)
	}
}

// The owner of a row is the process of its samples, if it is always the same.
func TestOwner(t *testing.T) {
	sample := func(pid int) dropmon.Drop {
		d := drop("A", 0)
		d.Flow, d.Packet, d.Length = flow(4000), []byte{0x45}, 28
		d.Process = dropmon.Process{PID: pid, Name: "named"}
		return d
	}
	for name, test := range map[string]struct {
		samples []dropmon.Drop
		owner   bool
	}{
		"one": {[]dropmon.Drop{sample(1), sample(1)}, true},
		"two": {[]dropmon.Drop{sample(1), sample(2)}, false},
	} {
		s, _ := open(t, Config{}, append([]dropmon.Drop{drop("A", 5)}, test.samples...)...)
		receive(t, s, nil)
		r := summary(t, s)
		d := r.Drops[0]
		if len(r.Drops) != 1 || d.Packets != 5 || (d.Process != nil) != test.owner {
			t.Errorf("%s: %d packets, process %v", name, d.Packets, d.Process)
		}
		if d.Sample == nil || d.Sample.Source != "10.0.0.1:4000" || d.Sample.Length != 28 {
			t.Errorf("%s: sample %+v", name, d.Sample)
		}
	}
}

func TestPackets(t *testing.T) {
	benign := drop("SOCKET_CLOSE", 1)
	benign.Protocol, benign.Transport = 0, 0
	one := drop("NO_SOCKET", 1)
	one.Flow, one.Packet, one.Length, one.CPU, one.LinkLength = flow(4000), []byte{1, 2}, 28, 3, 14
	s, f := open(t, Config{Packets: true, Snap: 64, Queue: 5, RateLimit: 6, Filter: compile(t, `bytes < 100`)}, one, benign, drop("A", 50))
	if c := f.config; !c.Packets || c.Snap != 64 || c.Queue != 5 || c.RateLimit != 6 {
		t.Errorf("configuration %+v", c)
	}
	f.final = []dropmon.Drop{one, one}
	var got []report.Packet
	yield := func(e *Entry) { got = append(got, s.Packet(e)) }
	receive(t, s, yield)
	if err := s.Stop(yield); err != nil { // what waited is delivered too
		t.Fatal(err)
	}
	if err := s.Stop(yield); err != nil || f.stopped != 1 {
		t.Errorf("second stop: %v, source stopped %d times", err, f.stopped)
	}
	if len(got) != 3 {
		t.Fatalf("%d packets, want 3", len(got))
	}
	p := got[0]
	if p.Schema != report.PacketSchema || p.Length != 28 || p.CPU != 3 || !p.Link || len(p.Data) != 2 || p.Class != "peer" ||
		*p.Flow != (report.Flow{Source: "10.0.0.1:4000", Destination: "10.0.0.2:9"}) || p.Cause == "" {
		t.Errorf("packet %+v", p)
	}
	if r := summary(t, s); r.Total.Lost != 3 || r.Total.Benign != 1 {
		t.Errorf("total %+v", r.Total)
	}
}

func TestWarnings(t *testing.T) {
	s, _ := open(t, Config{Filter: compile(t, `class == "lost" && reason != "X"`)})
	if got := strings.Join(s.Warnings(), "\n"); !strings.Contains(got, `no class "lost"`) {
		t.Errorf("warnings %q", got)
	}
	s, _ = open(t, Config{Filter: compile(t, `class == "loss"`)})
	if got := s.Warnings(); len(got) != 0 {
		t.Errorf("warnings %q", got)
	}
}

// A fault of the filter that shows only with values is an error, once.
func TestFilterFault(t *testing.T) {
	s, _ := open(t, Config{Filter: compile(t, `reason matches interface`)}, func() dropmon.Drop {
		d := drop("A", 1)
		d.Interface.Name = "("
		return d
	}())
	if err := s.Receive(s.started, nil); err == nil || !strings.Contains(err.Error(), "filter:") {
		t.Errorf("got %v", err)
	}
}

func TestWakeAndClose(t *testing.T) {
	s, f := open(t, Config{})
	s.Wake()
	if s.Source() != "fake" || f.woken != 1 {
		t.Errorf("source %s, woken %d times", s.Source(), f.woken)
	}
}
