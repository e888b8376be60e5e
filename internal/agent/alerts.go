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
	saved := filepath.Join(c.State.Identity, AlertsName)
	if err := restore(engine, saved); err != nil {
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
	shown := filepath.Join(c.State.Peers, AlertsName)
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
		if len(events) > 0 {
			err = identity.ReplaceFile(saved, document, 0o600)
		}
		return errors.Join(err, identity.ReplaceFile(shown, document, 0o644))
	})
}

// restore goes on with what an earlier agent has left.
func restore(engine *alert.Engine, path string) error {
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
