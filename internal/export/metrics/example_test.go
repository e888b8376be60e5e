package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"dropwatch/internal/export/metrics"
	"dropwatch/internal/report"
)

// A report of an interval is added; a scraper sees the sums.
func Example() {
	m := metrics.New(metrics.Config{})
	for range 2 {
		m.Observe(&report.Summary{
			Source: "ebpf", Total: report.Total{Packets: 100, Bytes: 2800, Lost: 100},
			Drops: []report.Drop{{Packets: 100, Bytes: 2800, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software"}},
		})
	}
	server := httptest.NewServer(m.Handler())
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "dropwatch_drop_") {
			fmt.Print(line)
		}
	}
	// Output:
	// dropwatch_drop_bytes_total{class="peer",origin="software",reason="NO_SOCKET",subsystem="core"} 5600
	// dropwatch_drop_packets_total{class="peer",origin="software",reason="NO_SOCKET",subsystem="core"} 200
}
