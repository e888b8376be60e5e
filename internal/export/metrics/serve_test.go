package metrics

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"

	"dropwatch/internal/report"
)

// serve starts a server on a free port of this machine. Its end is waited for.
func serve(t *testing.T, m *Metrics) (url string, stop func()) {
	t.Helper()
	s, err := Listen(":0", m)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- s.Serve(ctx) }()
	stop = func() {
		cancel()
		if err := <-end; err != nil {
			t.Errorf("serve: %v", err)
		}
		end <- nil
	}
	t.Cleanup(stop)
	return "http://" + s.Address().String(), stop
}

func get(t *testing.T, method, url string, header map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	// its own connections, which are closed at once
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestServe(t *testing.T) {
	m := New(Config{})
	m.Observe(firstInterval())
	url, stop := serve(t, m)
	for _, test := range []struct {
		method, path, accept string
		status               int
		format, body         string
	}{
		{"GET", "/metrics", "", 200, string(expfmt.NewFormat(expfmt.TypeTextPlain)), "\ndropwatch_unkeyed_packets_total 20\n"},
		{"GET", "/metrics", openMetrics, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", "\n# EOF\n"},
		{"HEAD", "/metrics", "", 200, string(expfmt.NewFormat(expfmt.TypeTextPlain)), ""},
		{"GET", "/", "", 200, "text/html; charset=utf-8", "/metrics"},
		{"POST", "/metrics", "", 405, "", ""},
		{"GET", "/metrics/", "", 404, "", ""},
		{"GET", "/debug/pprof/", "", 404, "", ""},
		{"GET", "/favicon.ico", "", 404, "", ""},
	} {
		t.Run(test.method+" "+test.path+" "+test.accept, func(t *testing.T) {
			answer, body := get(t, test.method, url+test.path, map[string]string{"Accept": test.accept})
			if answer.StatusCode != test.status || !strings.Contains(body, test.body) {
				t.Errorf("status %d, want %d; body %q", answer.StatusCode, test.status, body)
			}
			if format := answer.Header.Get("Content-Type"); test.format != "" && !strings.HasPrefix(format, strings.TrimSuffix(test.format, "; escaping=underscores")) {
				t.Errorf("format %q, want %q", format, test.format)
			}
		})
	}
	if n := strings.Count(page, "\n"); n != 1 || !strings.HasSuffix(page, "\n") {
		t.Errorf("the page has %d lines", n)
	}
	stop()
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		conn.Close()
		t.Error("it listens after its end")
	}
}

func TestServeCompressed(t *testing.T) {
	m := New(Config{})
	m.Observe(firstInterval())
	url, _ := serve(t, m)
	answer, body := get(t, "GET", url+"/metrics", map[string]string{"Accept-Encoding": "gzip"})
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "gzip" {
		t.Fatalf("encoding %q", encoding)
	}
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if got := total(parse(t, string(text)), "dropwatch_drop_packets_total"); got != 1000 {
		t.Errorf("%v packets", got)
	}
}

// TestHeaderTooLarge holds that a peer cannot make the server keep what it wants.
func TestHeaderTooLarge(t *testing.T) {
	url, _ := serve(t, New(Config{}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// it may stop to read before the end
	_, _ = io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: h\r\nX-Long: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n\r\n")
	// the status line only: what follows is cut off by the end of the connection
	if line, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(line, " 431 ") {
		t.Errorf("%q, %v", line, err)
	}
}

func TestLocal(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"", "127.0.0.1:1514"},
		{":1514", "127.0.0.1:1514"},
		{":9", "127.0.0.1:9"},
		{"0.0.0.0:1514", "0.0.0.0:1514"},
		{"[::]:1514", "[::]:1514"},
		{"[::1]:1514", "[::1]:1514"},
		{"localhost:1514", "localhost:1514"},
		{"10.0.0.1:1514", "10.0.0.1:1514"},
	} {
		got, err := local(test.address)
		if err != nil || got != test.want {
			t.Errorf("%q: %q, %v, want %q", test.address, got, err, test.want)
		}
	}
	for _, address := range []string{"1514", "localhost", "::1:1514", "10.0.0.1"} {
		if got, err := local(address); err == nil || !strings.Contains(err.Error(), "HOST:PORT") {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
}

// TestListenAlone holds that an address without a host is open to this machine
// only.
func TestListenAlone(t *testing.T) {
	s, err := Listen(":0", New(Config{}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if ip := s.Address().(*net.TCPAddr).IP; !ip.IsLoopback() {
		t.Errorf("it listens at %v", ip)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close twice: %v", err)
	}
	if err := s.Serve(t.Context()); err != nil {
		t.Errorf("serve after close: %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct{ address, want string }{
		{taken.Addr().String(), "another port"},
		{"192.0.2.1:1514", "no interface here"},
		{":99999999", "invalid port"},
		{"nonsense", "HOST:PORT"},
	} {
		s, err := Listen(test.address, New(Config{}))
		if err == nil {
			s.Close()
			t.Errorf("%s: no error", test.address)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", test.address, err, test.want)
		}
	}
	if err := cure("127.0.0.1:80", fmt.Errorf("bind: %w", os.ErrPermission)); !strings.Contains(err.Error(), "CAP_NET_BIND_SERVICE") {
		t.Errorf("%v", err)
	}
}

// TestConnectionsAreBounded holds that who keeps connections open does not get
// any number of them, and that others come in when they end.
func TestConnectionsAreBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const places = 3
	l := limit(inner, places)
	accepted := make(chan net.Conn)
	end := make(chan error, 1)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				end <- err
				return
			}
			accepted <- conn
		}
	}()
	var open []net.Conn
	for range places + 1 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for range places {
		open = append(open, <-accepted)
	}
	select {
	case <-accepted:
		t.Error("one connection too many")
	case <-time.After(50 * time.Millisecond):
	}
	open[0].Close()
	open[0].Close() // gives its place back once only
	last := <-accepted
	defer last.Close()
	for _, conn := range open[1:] {
		defer conn.Close()
	}
	l.Close()
	l.Close()
	if err := <-end; err == nil {
		t.Error("accept after close")
	}
	for conn := range accepted {
		conn.Close()
		t.Error("one more connection after close")
	}
}

// TestSlowReader holds that a scrape that is never read does not hold up the end.
func TestSlowReader(t *testing.T) {
	m := New(Config{PerNetNS: true, MaxSeries: 100_000})
	rows, _, _ := distinct(20_000) // more than the buffers of a connection hold
	m.Observe(&report.Summary{Drops: rows, From: noon})
	url, stop := serve(t, m)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: h\r\nAccept-Encoding: identity\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	begin := time.Now()
	stop()
	if took := time.Since(begin); took < goodbye || took > 10*goodbye {
		t.Errorf("the end took %v", took)
	}
}
