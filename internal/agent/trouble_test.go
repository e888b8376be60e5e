package agent

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/config"
	"dropwatch/internal/peer"
)

// TestStopWhileNobodyAnswers: who takes connections and says nothing does not hold
// up the end, nor a reload.
func TestStopWhileNobodyAnswers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	asked := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			defer conn.Close() // at the end of all
			asked <- struct{}{}
		}
	}()
	c := member(t, quick(t, "a"), newKeys(t), config.Collector)
	c.Peers.Join = []string{silent.Addr().String(), silent.Addr().String()}
	a := start(t, c)
	<-asked
	c.Peers.DownAfter++
	began := time.Now()
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > ends {
		t.Errorf("the reload took %v", took)
	}
	<-asked
	a.stop()
}

// TestDirectoryRemoved: a state directory that somebody removes is made anew, with
// all hosts and the socket in it, and it is told.
func TestDirectoryRemoved(t *testing.T) {
	key := newKeys(t)
	c := member(t, quick(t, "a"), key, config.Collector)
	a := start(t, c)
	b := start(t, member(t, quick(t, "b"), key, config.Mute, c.Peers.Bind))
	eventually(t, "both", func() bool { return a.up() == 2 })
	b.stop() // it is not heard again, and not forgotten
	eventually(t, "the socket", func() bool { _, err := Ask(t.Context(), c.State.Peers); return err == nil })
	if err := os.RemoveAll(c.State.Peers); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the files of both", func() bool {
		files, err := filepath.Glob(filepath.Join(c.State.Peers, "dw1-*.json"))
		return err == nil && len(files) == 2
	})
	eventually(t, "the socket again", func() bool { _, err := Ask(t.Context(), c.State.Peers); return err == nil })
	if text := a.log.String(); !strings.Contains(text, "socket: ") || strings.Contains(text, "records: ") {
		t.Errorf("%s", text)
	}
}

// TestKeysVanish: it is told once, and the agent goes on with the keys it has.
func TestKeysVanish(t *testing.T) {
	c := member(t, quick(t, "a"), newKeys(t), config.Collector)
	a := start(t, c)
	eventually(t, "the first record", func() bool { return a.hosts.of(a.ID()) != nil })
	away := c.Peers.KeyFile + ".away"
	if err := os.Rename(c.Peers.KeyFile, away); err != nil {
		t.Fatal(err)
	}
	const told = "no such file or directory; make them with: dropwatch cluster key generate"
	eventually(t, "a complaint", func() bool { return a.log.count(told) == 1 })
	if err := os.Rename(away, c.Peers.KeyFile); err != nil {
		t.Fatal(err)
	}
	sent := a.hosts.of(a.ID()).Sequence
	eventually(t, "some intervals", func() bool { return a.hosts.of(a.ID()).Sequence > sent+3 })
	if err := peer.SaveKeys(c.Peers.KeyFile, [][]byte{peer.NewKey(), peer.NewKey()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "new keys", func() bool { return a.log.count("the file of keys has changed: 2 keys") == 1 })
	if n := a.log.count("peers: "); n != 2 {
		t.Errorf("%d lines: %s", n, a.log)
	}
}

// TestAlertsRemoved: alerts are shown as long as there are rules for them.
func TestAlertsRemoved(t *testing.T) {
	c := quick(t, "a")
	c.Alerts.Rules = []alert.Rule{{Name: "memory", When: "memory.used > 0"}}
	a := start(t, c)
	shown := filepath.Join(c.State.Peers, AlertsName)
	rings := func() bool {
		list := a.alerts.Load()
		_, err := os.Stat(shown)
		return list != nil && len(list.Alerts) == 1 && err == nil
	}
	eventually(t, "an alert", rings)
	c.Alerts.Rules = append(c.Alerts.Rules[:1:1], alert.Rule{Name: "down", When: "up < 1"})
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the same alert", rings)
	// nor when nothing of it could be written
	if err := os.Remove(filepath.Join(c.State.Identity, AlertsName)); err != nil {
		t.Fatal(err)
	}
	c.Alerts.Rules = append(c.Alerts.Rules[:2:2], alert.Rule{Name: "later", When: "up < 1"})
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the same alert again", rings)
	c.Alerts.Rules = nil
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(shown); !errors.Is(err, os.ErrNotExist) || a.alerts.Load() != nil {
		t.Errorf("still shown: %v", err)
	}
	a.stop()
	if n := a.log.count("memory.used is"); n != 1 {
		t.Errorf("it rang %d times: %s", n, a.log)
	}
}

// TestHistoryFails: a history that cannot be written stops nothing else.
func TestHistoryFails(t *testing.T) {
	c := quick(t, "a")
	c.History.Directory = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(c.History.Directory, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := start(t, c)
	eventually(t, "records, and a complaint", func() bool {
		own := a.hosts.of(a.ID())
		return own != nil && own.Sequence > 3 && own.Report.Status != nil && a.log.count("history: ") == 1
	})
	for _, h := range a.Parts() {
		if h.Name != "history" && (!h.Running || h.Failures > 0) {
			t.Errorf("%+v", h)
		}
	}
}

// TestStartWithoutNumber: an agent that has started once starts even if its number
// cannot be read or written.
func TestStartWithoutNumber(t *testing.T) {
	c := quick(t, "a")
	a := start(t, c)
	a.stop()
	// as on a full disk, it cannot be replaced
	epoch := filepath.Join(c.State.Identity, "epoch")
	if err := errors.Join(os.Remove(epoch), os.Mkdir(epoch, 0o700)); err != nil {
		t.Fatal(err)
	}
	again := start(t, c)
	eventually(t, "a record", func() bool { return again.hosts.of(again.ID()) != nil })
	if again.epoch < a.epoch || again.log.count("start number") != 1 {
		t.Errorf("epoch %d after %d: %s", again.epoch, a.epoch, again.log)
	}
}

// A panic in a goroutine of a part ends the part, with its other goroutines.
func TestTeam(t *testing.T) {
	all := newTeam(t.Context())
	all.add(func(context.Context) error { panic("oh") })
	all.add(func(ctx context.Context) error { <-ctx.Done(); return nil })
	if err := all.group.Wait(); err == nil || !strings.Contains(err.Error(), "fault of the program: oh at ") || !strings.Contains(err.Error(), "trouble_test.go:") {
		t.Errorf("error %v", err)
	}
}
