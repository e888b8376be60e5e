package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"dropwatch/internal/alert"
	"dropwatch/internal/alert/action"
	"dropwatch/internal/cluster"
	"dropwatch/internal/config"
	"dropwatch/internal/peer/identity"
)

// AlertsName is the file of alerts that ring, in the directory of peers for who
// looks, and in that of the identity for the next start.
const AlertsName = "alerts.json"

// lastWords is how long actions may take at the end.
const lastWords = 10 * time.Second

// ring looks at all that is known at each interval, and does what rules say.
func (a *Agent) ring(ctx context.Context) (err error) {
	c := a.config.Load()
	engine, err := alert.New(c.Alerts.Rules)
	if err != nil {
		return err
	}
	k := keeper{saved: filepath.Join(c.State.Identity, AlertsName), shown: shownAlerts(c)}
	if err := a.restore(engine, k.saved); err != nil {
		fmt.Fprintf(a.out, "alerts: %v; what rings may ring again\n", err)
	}
	runner, err := action.NewRunner(c.Alerts.Rules, c.Alerts.Actions, action.Options{Log: a.out, Bell: bell()})
	if err != nil {
		return err
	}
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		err = errors.Join(err, runner.Close(late))
	}()
	identity.RemoveTemps(k.saved)
	identity.RemoveTemps(k.shown)
	told := complaint{out: a.out, part: "alerts"}
	return a.each(ctx, func(now time.Time) error {
		events := engine.Evaluate(now, a.values(now))
		if a.speaks() {
			runner.Do(events)
		}
		a.alerts.Store(new(engine.List()))
		document, err := engine.Save()
		if err != nil {
			return err
		}
		a.rings.Store(&document)
		// to begin anew would ring again: a full disk may be what rings
		told.about(k.keep(document, len(events) > 0), "")
		return nil
	})
}

// A keeper writes the alerts that ring.
type keeper struct {
	saved, shown string // files
	unsaved      bool   // something has begun or ended since the first was written
}

func (k *keeper) keep(document []byte, events bool) (err error) {
	if k.unsaved = k.unsaved || events; k.unsaved {
		err = identity.ReplaceFile(k.saved, document, 0o600)
		k.unsaved = err != nil
	}
	return errors.Join(err, identity.ReplaceFile(k.shown, document, 0o644))
}

func shownAlerts(c *config.Config) string { return filepath.Join(c.State.Peers, AlertsName) }

// forgetAlerts shows none any more: there are no rules.
func (a *Agent) forgetAlerts(c *config.Config) {
	a.alerts.Store(nil)
	if err := os.Remove(shownAlerts(c)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(a.out, "alerts: %v\n", err)
	}
}

// restore goes on with what rang before a reload, or what an earlier agent has left.
func (a *Agent) restore(engine *alert.Engine, path string) error {
	if document := a.rings.Load(); document != nil {
		return engine.Load(*document)
	}
	document, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return engine.Load(document)
}

// bell is the terminal that this program runs in, or nil.
func bell() io.Writer {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		return os.Stderr
	}
	return nil
}

// values are those of all hosts that are known.
func (a *Agent) values(now time.Time) []alert.HostValues {
	view := cluster.New(a.hosts.all(), now)
	list := make([]alert.HostValues, 0, len(view.Hosts))
	for i := range view.Hosts {
		h := &view.Hosts[i]
		list = append(list, alert.HostValues{ID: h.ID.String(), Name: h.Name, Values: h.Values(now)})
	}
	return list
}

// speaks tells whether it is on this host to do something about alerts: of several
// collectors, which all see the same, one does.
func (a *Agent) speaks() bool {
	c, l := a.config.Load(), a.linked()
	return l == nil || c.Peers.Role != config.Collector || l.leads(c.Host)
}
