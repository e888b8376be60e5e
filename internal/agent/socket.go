package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/cluster"
	"dropwatch/internal/export/metrics"
)

// SocketName is that of the agent's socket in the directory of its peers.
const SocketName = "agent.sock"

// serveSocket answers at a socket of this host: HTTP with JSON, for whoever may
// read the state directory too.
//
//	/status  the agent itself        /hosts   all that hosts told
//	/drops   the drops of all hosts  /alerts  those that ring
//	/metrics the same for Prometheus
//
// POST /forget?host=NAME is for root and the user of the agent.
func (a *Agent) serveSocket(ctx context.Context) error {
	path := filepath.Join(a.config.Load().State.Peers, SocketName)
	// that of an agent before; the directory belongs to one at a time
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("open socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("open socket: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return errors.Join(fmt.Errorf("open socket: %w", err), listener.Close())
	}
	at, err := os.Lstat(path)
	if err != nil {
		return errors.Join(fmt.Errorf("open socket: %w", err), listener.Close())
	}
	server := metrics.Over(callerListener{listener}, a.handler())
	all := newTeam(ctx)
	all.add(server.Serve)
	all.add(func(ctx context.Context) error {
		return a.each(ctx, func(time.Time) error { return stays(path, at) })
	})
	<-all.ctx.Done()
	if err := errors.Join(all.group.Wait(), server.Close()); err != nil {
		return fmt.Errorf("serve socket: %w", err)
	}
	return nil
}

// stays tells if nobody finds a socket any more.
func stays(path string, at os.FileInfo) error {
	now, err := os.Lstat(path)
	if err == nil && !os.SameFile(now, at) {
		err = fmt.Errorf("%s is another file now", path)
	}
	return err
}

func (a *Agent) handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(path string, value func() any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			// the reader may be gone
			_ = e.Encode(value())
		})
	}
	answer("/status", func() any { return a.Status() })
	answer("/hosts", func() any { return a.view() })
	answer("/drops", func() any { return a.view().Drops() })
	answer("/alerts", func() any {
		if list := a.alerts.Load(); list != nil {
			return list
		}
		return &alert.List{Schema: alert.Schema, Alerts: []alert.Alert{}}
	})
	mux.Handle("GET /metrics", a.metrics.Handler())
	mux.HandleFunc("POST /forget", a.serveForget)
	return mux
}

// view is what is known of all hosts now.
func (a *Agent) view() *cluster.View { return cluster.New(a.hosts.all(), time.Now()) }
