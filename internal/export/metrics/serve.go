package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

const (
	// DefaultAddress is where metrics are served when no address is given.
	DefaultAddress = "127.0.0.1:1514"

	loopback       = "127.0.0.1"
	maxConnections = 64
	maxHeaderBytes = 16 << 10
	goodbye        = time.Second // for scrapes that go on at the end
)

// page is all there is for people.
const page = `<!DOCTYPE html><title>dropwatch</title><p>dropwatch: the metrics are at <a href="/metrics">/metrics</a>.</p>` + "\n"

// A Server answers scrapes over HTTP.
type Server struct {
	listener net.Listener
	server   *http.Server
}

// Listen opens the address, HOST:PORT, at which Serve will answer; empty means
// DefaultAddress. Without a host it is that of this machine alone: nothing is
// open to others unless an address says so, 0.0.0.0 for all of IPv4.
func Listen(address string, m *Metrics) (*Server, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// the reader may be gone
		_, _ = io.WriteString(w, page)
	})
	return ListenHandler(address, mux)
}

// ListenHandler is Listen for a handler of all paths, which may be called
// concurrently. Connections, headers and times are bounded as those of Listen.
func ListenHandler(address string, handler http.Handler) (*Server, error) {
	address, err := local(address)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cure(address, err)
	}
	return Over(listener, handler), nil
}

// Over is ListenHandler at a listener that is open already, which Close closes.
func Over(listener net.Listener, handler http.Handler) *Server {
	return &Server{
		listener: limit(listener, maxConnections),
		server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       2 * time.Minute, // scrapers come once a minute or more often
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          log.New(io.Discard, "", 0), // a peer can cause as many lines as it wants
		},
	}
}

// local completes an address without a host.
func local(address string) (string, error) {
	host, port, err := net.SplitHostPort(cmp.Or(address, DefaultAddress))
	if err != nil {
		return "", fmt.Errorf("parse address %q of metrics: %w; write HOST:PORT, for example %s", address, err, DefaultAddress)
	}
	return net.JoinHostPort(cmp.Or(host, loopback), port), nil
}

// cure says what can be done about an address that cannot be opened.
func cure(address string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		_, port, _ := net.SplitHostPort(address)
		advice = fmt.Sprintf("; another program has this port (`ss -ltnp 'sport = :%s'` names it): stop it or choose another port", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		advice = "; no interface here has this address (`ip address` lists them)"
	case errors.Is(err, os.ErrPermission):
		advice = "; ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one"
	}
	return fmt.Errorf("serve metrics: %w%s", err, advice)
}

// Address is where the server listens.
func (s *Server) Address() net.Addr { return s.listener.Addr() }

// Serve answers scrapes until the context ends or Close is called, and lets
// those that go on then finish for a moment. It returns nil after such an end.
func (s *Server) Serve(ctx context.Context) error {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		if s.server.Shutdown(late) != nil {
			_ = s.server.Close() // who still reads is too slow
		}
	})
	err := s.server.Serve(s.listener)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return errors.Join(fmt.Errorf("serve metrics: %w", err), s.Close())
}

// Close ends Serve and all connections at once. It may be called twice, and
// without Serve.
func (s *Server) Close() error {
	err := s.server.Close()
	if closing := s.listener.Close(); closing != nil && !errors.Is(closing, net.ErrClosed) {
		err = errors.Join(err, closing)
	}
	return err
}
