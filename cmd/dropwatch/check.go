package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/dropmon"
	"dropwatch/internal/check"
	"dropwatch/internal/explain"
	"dropwatch/internal/meter"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

type checkOptions struct {
	duration time.Duration
	warning  []string
	critical []string
	source   string
	filter   string
	netns    []string
	devices  []string
}

func newCheck() *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use:   "check",
		Short: "Watch for a while and give a verdict for a monitoring system",
		Long: `check watches for --for and prints one line in the form of monitoring plugins,
with numbers to draw, then a few lines with what was dropped most.

A threshold is METRIC=RANGE. Metrics:
  lost            packets dropped, benign ones not counted
  class.NAME      of a class: loss, policy, peer, proto, benign
  reason.NAME     of a reason, such as reason.SOCKET_RCVBUFF
  counter.NAME    a counter of the kernel, such as counter.Udp.InErrors
  unexplained     rises of counters that no drop explains
  missed          drops that dropwatch itself failed to see
each also with /s behind it, for the number in a second. A range is a number,
which is crossed by more than it, or a range of monitoring plugins: 10:, ~:10,
10:20, @10:20.

If all thresholds are about counters, drops need not be seen: it works without
privileges then, and says so.

Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. UNKNOWN is also wrong
usage, as monitoring systems expect it, and that nothing could be watched.`,
		Example: `  dropwatch check --warning lost=100 --critical lost=1000
  dropwatch check --for 30s --warning class.loss/s=5 --critical reason.SOCKET_RCVBUFF=0
  dropwatch check --netns web --critical counter.TcpExt.ListenDrops=0`,
		Args: func(c *cobra.Command, args []string) error { return unknown(c.OutOrStdout(), noArguments(c, args)) },
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			verdict, err := o.run(ctx)
			if err != nil {
				return unknown(c.OutOrStdout(), err)
			}
			return tell(c.OutOrStdout(), verdict)
		},
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return unknown(c.OutOrStdout(), err) })
	f := c.Flags()
	f.DurationVar(&o.duration, "for", 5*time.Second, "how long to watch")
	f.StringArrayVarP(&o.warning, "warning", "w", nil, "threshold of a warning, METRIC=RANGE; may be repeated")
	f.StringArrayVarP(&o.critical, "critical", "c", nil, "threshold of what is critical, METRIC=RANGE; may be repeated")
	f.StringVar(&o.source, "source", "auto", "where drops are seen: "+strings.Join(dropmon.Sources(), ", "))
	f.StringVar(&o.filter, "filter", "", "look only at drops that match an expression; counters are not filtered")
	f.StringSliceVar(&o.netns, "netns", nil, "only these network namespaces (a name, path, inode or pid:N)")
	f.StringSliceVar(&o.devices, "interface", nil, "only these network interfaces")
	complete(c, "source", dropmon.Sources())
	return c
}

// unknown tells an error in the way of monitoring plugins; nil is none.
func unknown(out io.Writer, err error) error {
	if err == nil {
		return nil
	}
	return tell(out, &report.Check{Status: report.StatusUnknown, Text: oneLine(err)})
}

func tell(out io.Writer, verdict *report.Check) error {
	if err := verdict.WriteText(out); err != nil {
		return statusError(report.StatusUnknown)
	}
	if verdict.Status == report.StatusOK {
		return nil
	}
	return statusError(verdict.Status)
}

func (o *checkOptions) run(ctx context.Context) (*report.Check, error) {
	rules, config, err := o.rules()
	if err != nil {
		return nil, err
	}
	var evidence check.Evidence
	s, err := session.Open(config)
	switch {
	case err == nil:
		evidence, err = o.watch(ctx, s)
	case rules.OfCounters():
		evidence.Blind = oneLine(err)
		evidence.Counters, err = o.countersOnly(ctx)
	}
	if err != nil {
		return nil, err
	}
	return rules.Judge(evidence), nil
}

// rules checks the flags.
func (o *checkOptions) rules() (check.Rules, session.Config, error) {
	watched := options{source: o.source, filter: o.filter, netns: o.netns, devices: o.devices}
	config, err := watched.config()
	if err == nil {
		err = positive("for", o.duration)
	}
	if err != nil {
		return nil, config, err
	}
	config.Counters = true
	rules, err := check.Parse(o.warning, o.critical)
	if err != nil {
		return nil, config, err
	}
	if rules.Explains() && (o.filter != "" || len(o.devices) > 0) {
		return nil, config, usagef("unexplained: counters can be explained only where all drops are watched; leave out --filter and --interface")
	}
	base, err := explain.Load()
	if err != nil {
		return nil, config, err
	}
	// without types of this kernel the knowledge base has to do
	kernel, _ := symbols.LoadReasons()
	return rules, config, rules.Known(base, kernel)
}

func (o *checkOptions) watch(ctx context.Context, s *session.Session) (check.Evidence, error) {
	var evidence check.Evidence
	defer s.Close()
	until := summaryOptions{duration: o.duration}
	if err := until.watch(ctx, s, &progress{}); err != nil {
		return evidence, err
	}
	if err := s.Stop(nil); err != nil {
		return evidence, err
	}
	var err error
	if evidence.Drops, err = s.Summary(); err != nil {
		return evidence, err
	}
	evidence.Counters, err = s.Counters(o.view())
	return evidence, err
}

func (o *checkOptions) countersOnly(ctx context.Context) (*report.Counters, error) {
	names := o.netns
	if len(names) == 0 {
		names = []string{"all"}
	}
	m, err := openMeter(names)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	pause(ctx, o.duration)
	m.Sample()
	return m.Document(o.view()), nil
}

func (o *checkOptions) view() meter.View { return meter.View{All: true, Devices: o.devices} }
