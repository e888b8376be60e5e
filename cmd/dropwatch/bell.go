package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/agent"
	"dropwatch/internal/alert"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/report"
	"dropwatch/internal/values"
)

// bellOptions are thresholds at which the terminal rings.
type bellOptions struct{ rules []string }

func (o *bellOptions) addTo(c *cobra.Command) {
	c.Flags().StringArrayVar(&o.rules, "bell", nil, `ring the terminal's bell, such as at "drops.lost_rate > 100 for 10s until < 50"; can be given several times`)
}

// A bell rings once when an alert begins, and tells when it ends.
type bell struct {
	engine *alert.Engine
	host   string
	out    io.Writer
	sound  string
}

// bell is nil if nobody asked for it.
func (o *bellOptions) bell(out io.Writer) (*bell, error) {
	if len(o.rules) == 0 {
		return nil, nil
	}
	var rules []alert.Rule
	for i, text := range o.rules {
		r, err := alert.ParseRule(text)
		if err != nil {
			return nil, usagef("--bell %q: %v", text, err)
		}
		r.Name = fmt.Sprintf("bell %d", i+1)
		rules = append(rules, r)
	}
	engine, err := alert.New(rules)
	if err != nil {
		return nil, usagef("--bell: %v", err)
	}
	b := &bell{engine: engine, out: out}
	if terminal(out) {
		b.sound = "\a"
	}
	if b.host, err = os.Hostname(); err != nil {
		b.host = "this host"
	}
	return b, nil
}

// listen looks at an interval.
func (b *bell) listen(r *report.Summary, now time.Time) error {
	if b == nil {
		return nil
	}
	told := values.Of(&record.Report{Drops: agent.DropsOf(r)})
	for _, event := range b.engine.Evaluate(now, []alert.HostValues{{ID: b.host, Name: b.host, Values: told}}) {
		sound := ""
		if event.Firing {
			sound = b.sound
		}
		if _, err := fmt.Fprintf(b.out, "%s%s\n", sound, alert.Text(&event)); err != nil {
			return err
		}
	}
	return nil
}
