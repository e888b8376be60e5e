package metrics

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"dropwatch/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 500_000_000, time.UTC)

const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

// firstInterval has a row of each kind.
func firstInterval() *report.Summary {
	return &report.Summary{
		Kernel: "6.18.44", Source: "ebpf", From: noon, To: noon.Add(10 * time.Second),
		Total:  report.Total{Packets: 1000, Bytes: 64000, Lost: 990, Benign: 10},
		Missed: report.Missed{Events: 5, Packets: 7, Limited: 8, Unkeyed: 20},
		Drops: []report.Drop{
			{Packets: 600, Bytes: 40000, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software",
				Location: &report.Location{Address: "0xffffffff81f0a4bc", Symbol: "__udp4_lib_rcv", Offset: 1212},
				NetNS:    &report.NetNS{Inode: 4026532200, Name: "web"}, Interface: &report.Interface{Index: 2, Name: "eth0"}},
			{Packets: 100, Bytes: 6000, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software",
				Location: &report.Location{Address: "0xffffffff81f0b000"}, NetNS: &report.NetNS{Inode: 4026532201}, Interface: &report.Interface{Index: 7}},
			{Packets: 200, Bytes: 16000, Class: "proto", Origin: "hardware", Trap: &report.Trap{Group: "l3_exceptions", Name: "ttl_value_is_too_small"},
				Interface: &report.Interface{Index: 3, Name: "sw1p1"}},
			{Packets: 50, Class: "loss", Origin: "counter", Counter: "TcpExt.ListenDrops", NetNS: &report.NetNS{Inode: 4026532200, Name: "web"}},
			{Packets: 20, Bytes: 1000, Class: "loss", Origin: "software", Other: true},
			{Packets: 15, Bytes: 500, Class: "loss", Origin: "software"},
		},
		More: &report.More{Rows: 2, Packets: 5},
		Counters: []report.Counter{
			{Name: "Udp.NoPorts", NetNS: &report.NetNS{Inode: 4026532200, Name: "web"}, Delta: 600, Loss: true, Explained: 600},
			{Name: "tc.dropped", NetNS: &report.NetNS{Inode: 1}, Interface: &report.Interface{Index: 2, Name: "eth0"}, Object: "fq 1:", Delta: 30, Loss: true, Explained: 10, Unexplained: 20},
			{Name: "tc.dropped", NetNS: &report.NetNS{Inode: 1}, Interface: &report.Interface{Index: 2, Name: "eth0"}, Object: "mq 0:", Delta: 30, Loss: true, Parent: true, Unexplained: 30},
			{Name: "softnet.dropped", Object: "cpu1", Delta: 3, Loss: true, Unexplained: 3},
			{Name: "Icmp.OutMsgs", Delta: 600},
			{Name: "Udp.MemErrors", Loss: true},
		},
	}
}

func secondInterval() *report.Summary {
	return &report.Summary{
		Kernel: "6.18.44", Source: "ebpf", From: noon.Add(10 * time.Second), To: noon.Add(20 * time.Second),
		Total:  report.Total{Packets: 1, Bytes: 60, Lost: 1},
		Missed: report.Missed{AtLeast: true},
		Drops: []report.Drop{
			{Packets: 1, Bytes: 60, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software",
				Location: &report.Location{Address: "0xffffffff81f0a4bc", Symbol: "__udp4_lib_rcv"},
				NetNS:    &report.NetNS{Inode: 4026532200, Name: "web"}, Interface: &report.Interface{Index: 2, Name: "eth0"}},
		},
	}
}

// scrape returns the answer to a scraper that accepts a format.
func scrape(t testing.TB, m *Metrics, accept string) string {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// parse reads a scrape back.
func parse(t testing.TB, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return families
}

// total adds up a metric.
func total(families map[string]*dto.MetricFamily, name string) float64 {
	var sum float64
	for _, metric := range families[name].GetMetric() {
		sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
	}
	return sum
}

// value is that of the series that has these labels and values, in turn.
func value(t testing.TB, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, metric := range families[name].GetMetric() {
		matches := 0
		for _, pair := range metric.GetLabel() {
			for i := 0; i < len(labels); i += 2 {
				if pair.GetName() == labels[i] && pair.GetValue() == labels[i+1] {
					matches++
				}
			}
		}
		if 2*matches == len(labels) {
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	t.Errorf("%s has no series %q", name, labels)
	return 0
}

// ours leaves out what the libraries tell of the process, which differs from
// run to run.
func ours(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		name := line
		for _, comment := range []string{"# HELP ", "# TYPE ", "# UNIT "} {
			name = strings.TrimPrefix(name, comment)
		}
		if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			b.WriteString(line)
		}
	}
	return strings.ReplaceAll(b.String(), runtime.Version(), "GOVERSION")
}

// TestGolden holds the text of a scrape, in both formats.
func TestGolden(t *testing.T) {
	for _, test := range []struct {
		file   string
		config Config
		accept string
	}{
		{"plain.txt", Config{Version: "v1.2.3"}, "text/plain"},
		{"plain.openmetrics", Config{Version: "v1.2.3"}, openMetrics},
		{"fine.txt", Config{PerInterface: true, PerNetNS: true, PerLocation: true, MaxSeries: 3}, ""},
	} {
		t.Run(test.file, func(t *testing.T) {
			m := New(test.config)
			m.Observe(firstInterval())
			m.Observe(secondInterval())
			got := ours(scrape(t, m, test.accept))
			path := "testdata/" + test.file
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Before the first report there is nothing but what is known already.
func TestNothingYet(t *testing.T) {
	families := parse(t, scrape(t, New(Config{}), ""))
	for _, name := range []string{"dropwatch_drop_packets_total", "dropwatch_start_time_seconds", "dropwatch_source_info"} {
		if families[name] != nil {
			t.Errorf("%s is there", name)
		}
	}
	if v := value(t, families, "dropwatch_build_info", "version", "unknown"); v != 1 {
		t.Errorf("build info is %v", v)
	}
	if n := len(families["dropwatch_missed_events_total"].GetMetric()); n != 1 {
		t.Errorf("%d series of missed events, want one with 0", n)
	}
	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

// A report wins over the one before in what there is only one of.
func TestSourceChanges(t *testing.T) {
	m := New(Config{})
	m.Observe(firstInterval())
	m.Observe(&report.Summary{Source: "netdm", Kernel: "6.18.44", From: noon.Add(time.Hour)})
	families := parse(t, scrape(t, m, ""))
	if n := len(families["dropwatch_source_info"].GetMetric()); n != 1 {
		t.Errorf("%d sources", n)
	}
	value(t, families, "dropwatch_source_info", "source", "netdm")
	if v := total(families, "dropwatch_start_time_seconds"); v != float64(noon.UnixMilli())/1000 {
		t.Errorf("start time %v", v)
	}
}
