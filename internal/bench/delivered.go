package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printDeliveries prints the tables, and what they come to.
func printDeliveries(out io.Writer, o options, list []delivery) error {
	for _, summary := range []bool{false, true} {
		var shown []delivery
		for _, d := range list {
			if d.summary == summary {
				shown = append(shown, d)
			}
		}
		mode := "packet mode"
		if summary {
			mode = "summary mode"
		}
		fmt.Fprintf(out, "\n%s, kernel %s, 2 processors, %d passes over all watchers\n", mode, release(), o.passes)
		if err := printBursts(out, o, shown); err != nil {
			return err
		}
		if err := printPaces(out, o, shown, summary); err != nil {
			return err
		}
	}
	return printDeliveryTargets(out, o, list)
}

func printBursts(out io.Writer, o options, list []delivery) error {
	fmt.Fprintf(out, "\n%d drops as fast as they can be sent\n", o.burst)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  watcher\tdelivered min\tmedian\tmax\tcounted as lost\tsent a second\tlast line after")
	for _, d := range list {
		delivered, missed, sent, lag := d.series()
		told := "-"
		if d.counts {
			told = fmt.Sprintf("%.0f", missed.max())
		}
		fmt.Fprintf(w, "  %s\t%.0f\t%.0f\t%.0f\t%s\t%.0f\t%.1f s\n", d.name,
			delivered.min(), delivered.median(), delivered.max(), told, sent.median(), lag.max())
	}
	return w.Flush()
}

func (d *delivery) series() (delivered, missed, sent, lag series) {
	for _, v := range d.bursts {
		delivered = append(delivered, float64(v.delivered))
		missed = append(missed, float64(v.missed))
		sent = append(sent, v.pace())
		lag = append(lag, v.lag.Seconds())
	}
	return delivered, missed, sent, lag
}

func printPaces(out io.Writer, o options, list []delivery, summary bool) error {
	fmt.Fprintf(out, "\nlargest pace, packets a second, held for %v with every packet delivered, the last within %v\n", o.step, maxLag(summary))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  watcher\tmin\tmedian\tmax\t")
	for _, d := range list {
		if len(d.paces) == 0 {
			continue
		}
		most, limited := d.most()
		note := ""
		if limited > 0 {
			note = fmt.Sprintf("the sender could do no more in %d of %d", limited, len(d.paces))
		}
		fmt.Fprintf(w, "  %s\t%.0f\t%.0f\t%.0f\t%s\n", d.name, most.min(), most.median(), most.max(), note)
	}
	return w.Flush()
}

func (d *delivery) most() (most series, limited int) {
	for _, p := range d.paces {
		most = append(most, p.most)
		if p.limited {
			limited++
		}
	}
	return most, limited
}

// goalRatio is what our program shall reach in packet mode.
const goalRatio = 3

func printDeliveryTargets(out io.Writer, o options, list []delivery) error {
	var theirs series
	for _, d := range list {
		if d.name == nameTheirs && !d.summary {
			theirs, _ = d.most()
		}
	}
	fmt.Fprintf(out, "\nTargets in packet mode: in every pass all of %d delivered; by the median %d times the pace of the C program.\n"+
		"That what was delivered and what was counted as lost are what was sent was checked for each of our watchers.\n", o.burst, goalRatio)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, d := range list {
		if d.summary || !d.counts {
			continue
		}
		delivered, _, _, _ := d.series()
		most, _ := d.most()
		verdict := "not measured: the C program lost some at every pace"
		if theirs.median() > 0 {
			ratio := most.median() / theirs.median()
			verdict = fmt.Sprintf("%.2f times: %s", ratio, met(ratio >= goalRatio))
		}
		fmt.Fprintf(w, "  %s\t%.0f of %d: %s\t%s\n", d.name, delivered.min(), o.burst, met(int(delivered.min()) == o.burst), verdict)
	}
	return w.Flush()
}

func met(reached bool) string {
	if reached {
		return "met"
	}
	return "missed"
}
