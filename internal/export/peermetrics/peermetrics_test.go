package peermetrics

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"dropwatch/internal/cluster"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
	"dropwatch/internal/values"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// host is one that tells all that there is a name for.
func host(n int, name string) *statedir.Peer {
	return &statedir.Peer{
		ID: identity.ID{1, byte(n), byte(n >> 8)}, Name: name, Last: now.Add(-time.Duration(n) * time.Minute),
		Report: &record.Report{
			Host: &record.Host{Name: name, Interval: 10},
			Status: &record.Status{
				Uptime: new(uint64(90)), Load1: new(0.5), MemoryTotal: new(uint64(100)), MemoryAvailable: new(uint64(25)), CPU: &record.CPU{Busy: new(0.5)},
				Clock: &record.Clock{Synchronised: new(true), Offset: new(-0.001)}, Pressure: &record.Pressure{CPUSome: new(0.1)},
				FileSystems: []record.FileSystem{{Mount: "/", Total: new(uint64(10)), Available: new(uint64(1))}, {Mount: `/a "b"\c`, Total: new(uint64(10)), Available: new(uint64(1))}},
				Interfaces:  []record.Interface{{Name: "eth0", Up: new(true), RxByteRate: new(5.0), RxPacketRate: new(2.0), RxErrors: new(uint64(3))}},
				Disks:       []record.Disk{{Name: "sda", ReadBytes: new(uint64(7)), Busy: new(0.5)}},
			},
			Drops: &record.Drops{
				Seconds: 10, Lost: 30, Missed: new(uint64(2)), Classes: []record.Class{{Class: "loss", Packets: 30}},
				Rows:     []record.Row{{Packets: 20, Reason: "FULL", Class: "loss"}, {Packets: 10, Reason: "NO_SOCKET", Class: "peer"}},
				Counters: []record.Counter{{Name: "Udp.NoPorts", Delta: 5, Unexplained: 1}},
			},
		},
	}
}

func scrapeText(t testing.TB, c Config) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, New(c)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parse(t testing.TB, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

func sum(f *dto.MetricFamily) (n float64) {
	for _, m := range f.GetMetric() {
		n += m.GetGauge().GetValue()
	}
	return n
}

func viewOf(peers ...*statedir.Peer) func() (*cluster.View, error) {
	return func() (*cluster.View, error) { return cluster.New(peers, now), nil }
}

func TestMetrics(t *testing.T) {
	text := scrapeText(t, Config{View: viewOf(host(0, "alpha"), host(1, "beta"))})
	for _, line := range []string{
		`dropwatch_host_up{host="alpha"} 1`, `dropwatch_host_up{host="beta"} 0`, `dropwatch_host_silent_seconds{host="beta"} 60`,
		fmt.Sprintf(`dropwatch_host_last_heard_seconds{host="alpha"} %v`, float64(now.Unix())),
		`dropwatch_host_load1{host="alpha"} 0.5`, `dropwatch_host_memory_used_ratio{host="alpha"} 0.75`, `dropwatch_host_memory_total_bytes{host="alpha"} 100`,
		`dropwatch_host_filesystem_used_ratio{host="alpha",mount="/"} 0.9`, `dropwatch_host_filesystem_used_ratio{host="alpha",mount="/a \"b\"\\c"} 0.9`,
		`dropwatch_host_interface_rx_bytes_per_second{host="alpha",interface="eth0"} 5`, `dropwatch_host_interface_rx_packets_per_second{host="alpha",interface="eth0"} 2`,
		`dropwatch_host_disk_read_bytes_per_second{disk="sda",host="alpha"} 7`, `dropwatch_host_clock_offset_seconds{host="alpha"} -0.001`,
		`dropwatch_host_drops_lost_packets{host="beta"} 30`, `dropwatch_host_drops_lost_rate_per_second{host="beta"} 3`, `dropwatch_host_drops_packets{host="alpha",reason="FULL"} 20`,
		`dropwatch_host_losses_packets{counter="Udp.NoPorts",host="alpha"} 5`, `dropwatch_host_losses_unexplained_packets{counter="Udp.NoPorts",host="alpha"} 1`,
		`dropwatch_cluster_hosts 2`, `dropwatch_cluster_hosts_up 1`, `dropwatch_cluster_lost_packets 30`, `dropwatch_cluster_missed_drops 2`,
		`dropwatch_cluster_drop_packets{class="loss",host="alpha",reason="FULL"} 20`, `dropwatch_cluster_series_left_out 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

// Names say what they count, and no two values have the same.
func TestNames(t *testing.T) {
	seen := make(map[string]string)
	for _, k := range values.Kinds() {
		name := metricName(&k)
		if other, double := seen[name]; double {
			t.Errorf("%s and %s are both %s", k.Name, other, name)
		}
		seen[name] = k.Name
		if !model.LegacyValidation.IsValidMetricName(name) || !model.LegacyValidation.IsValidLabelName(cmpOr(k.Of, "host")) {
			t.Errorf("%s with %q is no name", name, k.Of)
		}
		for unit, suffix := range map[values.Unit]string{values.Ratio: "_ratio", values.Seconds: "_seconds", values.Bytes: "_bytes", values.Packets: "_packets", values.PerSecond: "_per_second", values.BytesPerSecond: "_bytes_per_second"} {
			if k.Unit == unit && (!strings.HasSuffix(name, suffix) || strings.Count(name, suffix) != 1) {
				t.Errorf("%s is in %s", name, k.Unit)
			}
		}
	}
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// However many series there could be, none has too many, and packets stay as many.
func TestSeriesAreBounded(t *testing.T) {
	var peers []*statedir.Peer
	for i := range 50 {
		p := host(0, fmt.Sprintf("h%02d", i))
		p.ID = identity.ID{1, byte(i)}
		for n := range 10 {
			p.Report.Drops.Rows = append(p.Report.Drops.Rows, record.Row{Packets: 1, Reason: fmt.Sprintf("R%d", n), Class: "loss"})
		}
		p.Report.Drops.Lost += 10
		peers = append(peers, p)
	}
	families := parse(t, scrapeText(t, Config{View: viewOf(peers...), MaxSeries: 7}))
	for name, f := range families {
		most := 7
		if name == "dropwatch_cluster_drop_packets" {
			most = 8
		}
		if len(f.GetMetric()) > most {
			t.Errorf("%s has %d series", name, len(f.GetMetric()))
		}
	}
	if n := sum(families["dropwatch_cluster_drop_packets"]); n != 50*40 || sum(families["dropwatch_cluster_lost_packets"]) != n {
		t.Errorf("%v packets, want %d", n, 50*40)
	}
	if sum(families["dropwatch_cluster_series_left_out"]) < 500 || sum(families["dropwatch_cluster_hosts"]) != 50 {
		t.Error("what is left out is not told")
	}
}

// Names that hosts choose cannot spoil a scrape.
func TestStrangeNames(t *testing.T) {
	peers := []*statedir.Peer{host(0, ""), host(1, "a\nb\x00\xff"), host(2, "same"), host(3, "same"), host(4, strings.Repeat("ü", 300))}
	peers[1].Report.Status.FileSystems = []record.FileSystem{{Mount: "x\ny", Total: new(uint64(1)), Available: new(uint64(1))}, {Mount: "x\x01y", Total: new(uint64(2)), Available: new(uint64(2))}}
	peers[2].Report = nil
	families := parse(t, scrapeText(t, Config{View: viewOf(peers...)}))
	var names []string
	for _, m := range families["dropwatch_host_up"].GetMetric() {
		names = append(names, m.GetLabel()[0].GetValue())
	}
	slices.Sort(names)
	want := []string{"a?b??", peers[0].ID.String(), "same", "same " + peers[3].ID.String(), strings.Repeat("ü", 127)}
	if !slices.Equal(names, want) {
		t.Errorf("hosts %q, want %q", names, want)
	}
	if sum(families["dropwatch_cluster_series_left_out"]) != 3 { // of x?y
		t.Error("a mount that cannot be told apart is not counted")
	}
}

func TestErrorsFailTheScrape(t *testing.T) {
	broken := errors.New("no such directory")
	for _, c := range []Config{
		{View: func() (*cluster.View, error) { return nil, broken }},
		{View: viewOf(), Drops: func(*cluster.View) (*cluster.DropReport, error) { return nil, broken }},
	} {
		handler, err := Handler(New(c))
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if answer.Code != http.StatusInternalServerError || !strings.Contains(answer.Body.String(), "no such directory") {
			t.Errorf("status %d: %s", answer.Code, answer.Body)
		}
		if err := Write(new(bytes.Buffer), New(c)); !errors.Is(err, broken) {
			t.Errorf("write: %v", err)
		}
	}
}

// Each scrape sees what is there at its time, several at once.
func TestScrapesAreFresh(t *testing.T) {
	count := make(chan int, 1)
	count <- 0
	handler, err := Handler(New(Config{View: func() (*cluster.View, error) {
		n := <-count + 1
		count <- n
		return cluster.New(slices.Repeat([]*statedir.Peer{host(0, "x")}, n), now), nil
	}}))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < 4; n++ {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if got := sum(parse(t, answer.Body.String())["dropwatch_cluster_hosts"]); got != float64(n) {
			t.Errorf("scrape %d has %v hosts: %s", n, got, answer.Body)
		}
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/other", nil))
	if answer.Code != http.StatusNotFound {
		t.Errorf("another path has status %d", answer.Code)
	}
}

// TestRootPromtool holds that Prometheus's own checker has nothing to say.
func TestRootPromtool(t *testing.T) {
	path, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("DROPWATCH_CI") == "1" {
			t.Fatalf("no promtool: apt-get install prometheus: %v", err)
		}
		t.Skip("no promtool")
	}
	command := exec.CommandContext(t.Context(), path, "check", "metrics")
	command.Stdin = strings.NewReader(scrapeText(t, Config{View: viewOf(full(), host(1, "b"))}))
	if output, err := command.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("promtool: %v\n%s", err, output)
	}
}

// full has a value of each kind.
func full() *statedir.Peer {
	p := host(0, "a")
	s := p.Report.Status
	one := new(uint64(1))
	s.Load5, s.Load15, s.CPUs, s.SwapTotal, s.SwapAvailable, s.UserCount = new(1.0), new(1.0), one, one, one, one
	s.CPU = &record.CPU{Busy: new(0.1), User: new(0.1), System: new(0.1), SoftIRQ: new(0.1), IRQ: new(0.1), Steal: new(0.1), IOWait: new(0.1)}
	s.Clock.MaxError = new(0.1)
	s.Pressure = &record.Pressure{CPUSome: new(0.1), MemorySome: new(0.1), IOSome: new(0.1)}
	i := &s.Interfaces[0]
	i.TxByteRate, i.TxPacketRate, i.TxErrors, i.RxDrops, i.TxDrops = new(1.0), new(1.0), one, one, one
	s.Disks[0].WriteBytes = one
	return p
}

func TestFullHasAllKinds(t *testing.T) {
	families := parse(t, scrapeText(t, Config{View: viewOf(full())}))
	for _, k := range values.Kinds() {
		if len(families[metricName(&k)].GetMetric()) == 0 {
			t.Errorf("%s has no metric", k.Name)
		}
	}
}
