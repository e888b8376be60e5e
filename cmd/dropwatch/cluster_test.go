package main

import (
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// TestClusterMetrics: a scrape sees the state directory as it is at its time, until
// the program is interrupted.
func TestClusterMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peers")
	d, err := statedir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tell := func(lost uint64) {
		p := &statedir.Peer{
			ID: identity.ID{1}, Name: "web1", Last: time.Now(), Sent: time.Now(), Epoch: lost,
			Report: &record.Report{Drops: &record.Drops{Seconds: 10, Lost: lost, Rows: []record.Row{{Packets: lost, Reason: "FULL", Class: "loss"}}}},
		}
		if err := d.Write(p); err != nil {
			t.Fatal(err)
		}
		if err := d.AppendDrops(p); err != nil {
			t.Fatal(err)
		}
	}
	tell(5)
	c := launch(t, nil, "cluster", "drops", "--since", "1h", "--state", path, "--metrics", ":0")
	var url string
	c.until(t, "its address", func() bool {
		found := regexp.MustCompile(`(?m)^metrics at (http://127\.0\.0\.1:\d+/metrics)$`).FindStringSubmatch(c.err.String())
		if found == nil {
			return false
		}
		url = found[1]
		return true
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() string {
		answer, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v: %s", answer.StatusCode, err, body)
		}
		return string(body)
	}
	for _, test := range []struct {
		more uint64
		want string
	}{{0, "5"}, {37, "42"}} {
		if test.more > 0 {
			tell(test.more)
		}
		if text := get(); !strings.Contains(text, "\ndropwatch_cluster_drop_packets{class=\"loss\",host=\"web1\",reason=\"FULL\"} "+test.want+"\n") || !strings.Contains(text, "\ndropwatch_host_up{host=\"web1\"} 1\n") {
			t.Errorf("want %s in\n%s", test.want, text)
		}
	}
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	if text := c.out.String(); text != "" {
		t.Errorf("standard output has %q", text)
	}
}
