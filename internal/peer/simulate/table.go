package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// A table is figures with a row for each scenario.
type table struct {
	title string
	head  []string
	row   func(*result) []string
}

func tables(c *config) []table {
	lossy := fmt.Sprintf("%.0f %% lost", 100*c.loss)
	return []table{
		{"Joining", []string{"join", "members complete", "quiet", "records complete"}, func(r *result) []string {
			return []string{r.join.String(), r.complete.String(), r.quiet.String(), r.records.String()}
		}},
		{"Failures: time from the death of a host, and from its revival", []string{"member: first", "last knows", "collector: first", "last knows", "no records: down", "alive again"}, func(r *result) []string {
			return []string{r.member.first.String(), r.member.last.String(), r.collector.first.String(), r.collector.last.String(), r.down.String(), r.back.String()}
		}},
		{"Declared dead while alive", []string{"0 % lost", lossy, "after a revival"}, func(r *result) []string {
			return []string{fmt.Sprint(r.falsely), fmt.Sprint(r.falselyLossy), fmt.Sprint(r.falselyAfter)}
		}},
		{fmt.Sprintf("Sent by an ordinary host, B/s, a record each %.0f s to %d collectors; headers included", perRecord.Seconds(), collectors),
			[]string{"membership", "records", "together", "streams (estimated)"}, func(r *result) []string {
				return []string{whole(r.membership), whole(r.record), whole(r.total()), whole(r.streams)}
			}},
		{"Received by a collector", []string{"B/s", "per host", "streams B/s", "taken, 0 % lost", lossy, "refused", "overflows"}, func(r *result) []string {
			return []string{
				whole(r.received), whole(r.received / float64(r.hosts)), whole(r.streamsReceived), percent(r.lossless.share()), percent(r.lossy.share()),
				fmt.Sprint(r.lossless.refused + r.lossy.refused), fmt.Sprint(r.lossless.overflows + r.lossy.overflows),
			}
		}},
		{"Needed by a host, the simulation included", []string{"heap", "resident", "CPU", "cores busy at most", "timers late at most"}, func(r *result) []string {
			return []string{
				whole(r.heap/1024) + " KiB", whole(r.rss/1024) + " KiB", fmt.Sprintf("%.3f %%", 100*r.cpu), fmt.Sprintf("%.2f", r.busy),
				r.late.Round(time.Millisecond).String(),
			}
		}},
	}
}

func whole(f float64) string   { return fmt.Sprintf("%.0f", f) }
func percent(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }

// write writes all figures.
func write(w io.Writer, c *config, results []*result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, each := range tables(c) {
		fmt.Fprintf(t, "%s\n\t", each.title)
		for _, h := range each.head {
			fmt.Fprintf(t, "%s\t", h)
		}
		fmt.Fprintln(t)
		for _, r := range results {
			fmt.Fprintf(t, "%s\t", r.name)
			for _, cell := range each.row(r) {
				fmt.Fprintf(t, "%s\t", cell)
			}
			fmt.Fprintln(t)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
