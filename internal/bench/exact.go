package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dropwatch/internal/scenario"
	"dropwatch/internal/session"
)

var errMiscounted = errors.New("dropwatch counted wrongly")

// exactness floods the receiver and compares what was sent with what dropwatch
// counted.
func exactness(ctx context.Context, o options, l *lab, out io.Writer) error {
	fmt.Fprintf(out, "\nEvery drop is counted\n")
	for _, f := range l.floods {
		if err := countFlood(ctx, o, l, f, out); err != nil {
			return err
		}
	}
	return nil
}

func countFlood(ctx context.Context, o options, l *lab, f *flood, out io.Writer) error {
	before, err := l.ruleCount()
	if err != nil {
		return err
	}
	d, err := openOurs(session.Config{})
	if err != nil {
		return err
	}
	_, sent, err := f.timed(ctx, 1, o.exact, nil)
	r, failed := d.stop()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	after, err := l.ruleCount()
	if err != nil {
		return err
	}
	counted, missed := l.received(r), r.Missed.Events+r.Missed.Unkeyed
	fmt.Fprintf(out, "  %s: sent %d, counted %d, missed %d", f.name, sent, counted, missed)
	if ruled := after - before; ruled > 0 {
		fmt.Fprintf(out, ", counted by the rule itself %d", ruled)
	}
	fmt.Fprintln(out)
	if !agrees(sent, counted, missed) {
		return fmt.Errorf("%w: namespace %d: %d packets sent, %d counted, %d missed",
			errMiscounted, l.Inode(scenario.B), sent, counted, missed)
	}
	return nil
}

// agrees tells whether the counted and the missed drops are those sent. The
// missed ones are of the whole host, so there can be more of them than ours.
func agrees(sent, counted, missed uint64) bool {
	return counted <= sent && sent-counted <= missed
}
