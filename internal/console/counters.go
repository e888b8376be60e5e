package console

import (
	"context"
	"fmt"

	"dropwatch/internal/meter"
	"dropwatch/internal/owner"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// counters shows what rose since the start of the watch, or since boot while
// nothing was watched yet.
func (c *console) counters(_ context.Context, s *shell.Session, args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "all" {
		return shell.Usagef("only \"all\" may follow")
	}
	d, err := c.countersDocument(len(args) == 1)
	if err != nil {
		return err
	}
	if c.settings.format == formatJSON {
		return d.WriteJSON(s)
	}
	if err := (report.Text{Advice: true}).Counters(s, d); err != nil {
		return err
	}
	for _, note := range d.Notes() {
		fmt.Fprintln(s.Err, note)
	}
	return nil
}

func (c *console) countersDocument(all bool) (d *report.Counters, err error) {
	if c.last == nil {
		m := meter.New(meter.Config{Namespaces: owner.NewNamespaces(owner.Config{})})
		defer m.Close()
		return m.Document(meter.View{All: all, SinceBoot: true}), nil
	}
	err = c.current(func(current *session.Session) error {
		d, err = current.Counters(meter.View{All: all})
		return err
	})
	return d, err
}
