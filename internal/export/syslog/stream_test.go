package syslog

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/export/logline"
)

func numbered(from, to int) (rs []logline.Record) {
	for i := from; i < to; i++ {
		rs = append(rs, logline.Record{Severity: logline.Warning, Event: "drop", Text: fmt.Sprintf("line %d", i)})
	}
	return rs
}

// readLines reads BSD lines until the end, or until there are n.
func readLines(t *testing.T, conn net.Conn, n int) (texts []string) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for lines := bufio.NewScanner(conn); len(texts) < n && lines.Scan(); {
		_, text, _ := strings.Cut(lines.Text(), "]: ")
		texts = append(texts, text)
	}
	return texts
}

func texts(from, to int) (all []string) {
	for _, r := range numbered(from, to) {
		all = append(all, r.Text)
	}
	return all
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func dialer(t *testing.T, c Config) *Destination {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func deliver(t *testing.T, d *Destination, from, to int) {
	t.Helper()
	if n, err := d.Write(t.Context(), numbered(from, to)); n != to-from || err != nil {
		t.Fatalf("delivered %d of %d: %v", n, to-from, err)
	}
}

// A daemon that ends in order has read all; one that does not is sent again what
// it may not have read, although its kernel had acknowledged that.
func TestReconnect(t *testing.T) {
	for _, test := range []struct {
		name string
		read int
		want []string
	}{
		{"in order", 10, texts(10, 15)},
		{"nothing read", 0, texts(0, 15)},
		{"some read", 3, texts(0, 15)},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := listen(t)
			d := dialer(t, Config{Network: TCP, Address: l.Addr().String(), Format: FormatBSD})
			deliver(t, d, 0, 10)
			first := accept(t, l)
			if test.read > 0 { // byte by byte, to leave the rest where it is
				b := make([]byte, 1)
				for n := 0; n < test.read; {
					if _, err := io.ReadFull(first, b); err != nil {
						t.Fatal(err)
					}
					if b[0] == '\n' {
						n++
					}
				}
			}
			first.Close()
			deliver(t, d, 10, 15)
			if got := readLines(t, accept(t, l), len(test.want)); !slices.Equal(got, test.want) {
				t.Errorf("the next connection brought %q, not %q", got, test.want)
			}
		})
	}
}

// If there is no next connection, Close tells of what is in doubt.
func TestCloseAfterReset(t *testing.T) {
	l := listen(t)
	d := dialer(t, Config{Network: TCP, Address: l.Addr().String()})
	deliver(t, d, 0, 10)
	accept(t, l).Close()
	l.Close()
	if n, err := d.Write(t.Context(), numbered(10, 12)); n != 0 || !errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "dial tcp") {
		t.Errorf("delivered %d: %v", n, err)
	}
	if err := d.Close(); err == nil || !strings.HasSuffix(err.Error(), ": up to 10 of the lines sent may not have been read") {
		t.Errorf("close: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// A daemon that does not read holds nobody longer than the context.
func TestWriteEndsWithContext(t *testing.T) {
	l := listen(t)
	d := dialer(t, Config{Network: TCP, Address: l.Addr().String()})
	many := numbered(0, 4096)
	for i := range many {
		many[i].Text = strings.Repeat("x", 4000)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	n, err := d.Write(ctx, many)
	if n == len(many) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Second {
		t.Errorf("delivered %d after %v: %v", n, time.Since(start), err)
	}
}

// Of a Unix stream is known what the daemon has read.
func TestUnixStream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := dialer(t, Config{Address: path})
	got, done := make(chan string, 1), make(chan struct{})
	defer close(done)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Close() // without having read
		if conn, err = l.Accept(); err != nil {
			return
		}
		defer conn.Close()
		b := make([]byte, 4096)
		n, _ := io.ReadAtLeast(conn, b, 10)
		got <- string(b[:n])
		<-done
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if n, err := d.Write(ctx, numbered(0, 1)); n != 0 || err == nil {
		t.Errorf("delivered %d: %v", n, err)
	}
	deliver(t, d, 0, 1)
	if text := <-got; !strings.HasSuffix(text, "]: line 0\x00") {
		t.Errorf("got %q", text)
	}
}

func TestNobodyThere(t *testing.T) {
	for _, test := range []struct {
		c    Config
		want error
		text string
	}{
		{Config{Address: filepath.Join(t.TempDir(), "log")}, os.ErrNotExist, "start a syslog daemon"},
		{Config{Network: TCP, Address: freeTCP(t)}, syscall.ECONNREFUSED, "connect to 127.0.0.1:"},
		{Config{Network: UDP, Address: freeUDP(t)}, syscall.ECONNREFUSED, "send to 127.0.0.1:"},
	} {
		d := dialer(t, test.c)
		for range 2 {
			if n, err := d.Write(t.Context(), numbered(0, 3)); n != 0 || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("delivered %d: %v", n, err)
			}
		}
		if d.Unconfirmed() != (test.c.Network == UDP) {
			t.Errorf("unconfirmed is %v", d.Unconfirmed())
		}
	}
}

// Whatever is wrong with the certificates, nothing counts as delivered, and the
// error tells the cure.
func TestTLSErrors(t *testing.T) {
	own, other := makeCertificates(t, t.TempDir()), makeCertificates(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(own.serverCert, own.serverKey)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(own.ca)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatal(err)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					io.Copy(io.Discard, conn)
				}()
			}
		}()
		for _, test := range []struct {
			name string
			c    TLSConfig
			want string // empty: it works
		}{
			{"right", TLSConfig{CAFile: own.ca, ServerName: "loghost.example", CertFile: own.clientCert, KeyFile: own.clientKey}, ""},
			{"system roots", TLSConfig{ServerName: "loghost.example"}, "?ca=FILE"},
			{"other CA", TLSConfig{CAFile: other.ca, ServerName: "loghost.example"}, "is it the right CA"},
			{"other name", TLSConfig{CAFile: own.ca}, "?name=NAME"},
			{"no client certificate", TLSConfig{CAFile: own.ca, ServerName: "loghost.example"}, "certificate required"},
			{"other client certificate", TLSConfig{CAFile: own.ca, ServerName: "loghost.example", CertFile: other.clientCert, KeyFile: other.clientKey}, "tls: "},
		} {
			d := dialer(t, Config{Network: TLS, Address: l.Addr().String(), TLS: test.c})
			n, err := d.Write(t.Context(), numbered(0, 3))
			switch {
			case test.want == "" && (n != 3 || err != nil):
				t.Errorf("%s: delivered %d: %v", test.name, n, err)
			case test.want != "" && (n != 0 || err == nil):
				t.Errorf("%s: delivered %d: %v", test.name, n, err)
			case test.want != "" && !strings.Contains(err.Error(), test.want) && !(version == tls.VersionTLS12 && strings.Contains(err.Error(), "remote error: tls: ")):
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}
