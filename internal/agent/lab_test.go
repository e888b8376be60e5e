package agent

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/peer"
)

// patience is how long something may take on a busy machine.
const patience = 30 * time.Second

// ends is how long an agent may take to end, whatever it does.
const ends = 6 * time.Second

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// A log is what an agent complains of.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count is how many lines have a text in them.
func (l *log) count(text string) (n int) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// freeAddress is one of this machine where nobody listens just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// quick is a configuration without drops, whose intervals are short.
func quick(t *testing.T, name string) config.Config {
	t.Helper()
	c := config.Default()
	c.Host, c.Interval, c.Drops.Enabled, c.Drops.Window = name, 100*time.Millisecond, false, time.Second
	c.Peers.DownAfter = 50 // a busy machine is no trouble to be told
	dir := t.TempDir()
	c.State = config.State{Identity: filepath.Join(dir, "identity"), Peers: filepath.Join(dir, "peers")}
	return c
}

// member makes it one of a cluster.
func member(t *testing.T, c config.Config, key string, role config.Role, collectors ...string) config.Config {
	t.Helper()
	c.Peers.Enabled, c.Peers.Role, c.Peers.KeyFile = true, role, key
	c.Peers.Collectors, c.Peers.Bind = collectors, freeAddress(t)
	return c
}

func newKeys(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	if err := peer.SaveKeys(path, [][]byte{peer.NewKey()}); err != nil {
		t.Fatal(err)
	}
	return path
}

// A runs is an agent that runs, and what it says.
type runs struct {
	*Agent
	log  *log
	stop func() // waits for the end, which must come soon
}

func start(t *testing.T, c config.Config) *runs {
	t.Helper()
	l := new(log)
	a, err := New(c, "test", l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- a.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			began := time.Now()
			cancel()
			select {
			case err := <-end:
				if err != nil {
					t.Errorf("run: %v", err)
				}
			case <-time.After(patience):
				t.Fatalf("%s does not end\n%s", c.Host, l)
			}
			if err := a.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if took := time.Since(began); took > ends {
				t.Errorf("%s took %v to end", c.Host, took)
			}
		})
	}
	t.Cleanup(stop)
	return &runs{a, l, stop}
}

// up are the hosts that an agent knows to be up, with their status.
func (a *Agent) up() (n int) {
	v := a.view()
	for i := range v.Hosts {
		if v.Hosts[i].Up && v.Hosts[i].Report != nil && v.Hosts[i].Report.Status != nil {
			n++
		}
	}
	return n
}
