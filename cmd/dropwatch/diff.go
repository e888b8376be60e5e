package main

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"dropwatch/internal/report"
)

type diffOptions struct {
	json        bool
	top         int
	maxIncrease float64
}

func newDiff() *cobra.Command {
	var o diffOptions
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two saved summaries",
		Long: `diff compares two files that summary --save has written: what was dropped
before and after a change, in a second. It tells what came, what is gone and
what rose or fell, and the same of the kernel's counters.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 with --max-increase, if the
rate of some reason rose by more.`,
		Example: `  dropwatch summary --for 1m --save before.json
  dropwatch summary --for 1m --save after.json
  dropwatch diff before.json after.json --max-increase 5`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s takes two files, but there are %d arguments", c.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("max-increase") && (o.maxIncrease < 0 || math.IsNaN(o.maxIncrease)) {
				return usagef("--max-increase %v: must not be below 0", o.maxIncrease)
			}
			return o.run(c.OutOrStdout(), c.ErrOrStderr(), args[0], args[1])
		},
	}
	f := c.Flags()
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.IntVar(&o.top, "top", 20, "number of rows to print, 0 for all; JSON has all")
	f.Float64Var(&o.maxIncrease, "max-increase", -1, "exit with status 3 when the packets a second of some reason rose by more than this")
	return c
}

func (o *diffOptions) run(out, diagnostics io.Writer, older, newer string) error {
	before, err := readSummary(older)
	if err != nil {
		return err
	}
	after, err := readSummary(newer)
	if err != nil {
		return err
	}
	d := report.Compare(before, after)
	for _, note := range d.Notes {
		fmt.Fprintf(diagnostics, "dropwatch: %s\n", note)
	}
	if o.json {
		err = d.WriteJSON(out)
	} else {
		err = report.Text{}.Diff(out, d, o.top)
	}
	if err != nil {
		return err
	}
	if reason, rise := d.Increase(); o.maxIncrease >= 0 && rise > o.maxIncrease {
		fmt.Fprintf(diagnostics, "dropwatch: %s rose by %.1f packets a second\n", reason, rise)
		return statusError(statusThreshold)
	}
	return nil
}

func readSummary(path string) (*report.Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s, err := report.ReadSummary(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
