package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/droplog"
	"dropwatch/internal/export/logline"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/session"
)

type logOptions struct {
	options
	to       destinations
	metrics  metricsOptions
	duration time.Duration
	interval time.Duration
	packets  bool
	queue    uint32
	rate     uint32
}

func newLog() *cobra.Command {
	var o logOptions
	c := &cobra.Command{
		Use:   "log",
		Short: "Log drops continuously: to syslog, the journal, a file, standard output",
		Long: `log writes a line for each kind of drop and interval, or with --packets for each
packet, to one destination or several, until Ctrl-C. It also logs counters that
rose without a drop to explain it, and what it failed to see.

Destinations (--to, several times):
  stdout                      as --format tells
  file:PATH                   the same, with rotation; SIGHUP opens it anew
  journal                     the systemd journal, one field per attribute
  syslog                      /dev/log
  syslog://HOST[:514]         UDP; not known to arrive
  syslog+tcp://HOST[:514]     TCP
  syslog+tls://HOST[:6514]    TLS; ?ca=FILE&cert=FILE&key=FILE
  syslog+unix:///PATH         another socket

A destination that is slow or away never holds up the counting: lines wait in a
bounded queue, and those that find no room are counted and logged when it works
again.`,
		Example: `  dropwatch log --to journal
  dropwatch log --to syslog+tcp://loghost --to file:/var/log/drops.json --format json
  journalctl DROPWATCH_REASON=NETFILTER_DROP`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := positive("interval", o.interval); err != nil {
				return err
			}
			if c.Flags().Changed("for") {
				if err := positive("for", o.duration); err != nil {
					return err
				}
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.addTo(c)
	o.to.addTo(c)
	o.metrics.addTo(c)
	f := c.Flags()
	// destinations have formats of their own
	if err := f.MarkHidden("json"); err != nil {
		panic(err)
	}
	f.DurationVar(&o.duration, "for", 0, "end after this time; 0 means at Ctrl-C")
	f.DurationVar(&o.interval, "interval", 10*time.Second, "time between two groups of lines")
	f.BoolVar(&o.packets, "packets", false, "one line for each packet")
	f.Uint32Var(&o.queue, "queue", 10000, "with --packets: packets that wait in the kernel")
	f.Uint32Var(&o.rate, "rate", 1000, "with --packets: most packets a second, 0 for no limit; what is left out is logged")
	return c
}

func (o *logOptions) run(ctx context.Context, out, stderr io.Writer) (err error) {
	config, err := o.config()
	if err != nil {
		return err
	}
	if o.json {
		o.to.format = "json"
	}
	config.Packets, config.Queue, config.Intervals = o.packets, o.queue, true
	if o.packets {
		config.RateLimit = o.rate
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := logger{options: o, stderr: stderr, cancel: cancel}
	if l.queues, err = o.to.open(out, l.changed); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	defer l.onHangup()()
	return l.watch(ctx, config)
}

// A logger writes what its session receives to all destinations.
type logger struct {
	options *logOptions
	queues  []*logline.Queue
	session *session.Session
	metrics *metricsServer
	stderr  io.Writer
	cancel  context.CancelFunc
	closed  bool
}

func (l *logger) watch(ctx context.Context, config session.Config) (err error) {
	if l.metrics, err = l.options.metrics.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.metrics.stop()) }()
	if l.session, err = session.Open(config); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.session.Close()) }()
	for _, warning := range l.session.Warnings() {
		fmt.Fprintf(l.stderr, "dropwatch: %s\n", warning)
	}
	if terminal(l.stderr) {
		fmt.Fprintf(l.stderr, "logging with source %s; Ctrl-C ends\n", l.session.Source())
	}
	host, kernel := hoststat.Identity()
	l.add(droplog.Start(time.Now(), l.session.Source(), host, kernel))
	if err := l.loop(ctx); err != nil {
		return err
	}
	if err := l.session.Stop(l.packet); err != nil {
		return err
	}
	if err := l.interval(); err != nil {
		return err
	}
	sum, err := l.session.Summary()
	if err != nil {
		return err
	}
	l.add(droplog.Stop(sum))
	return l.close()
}

// loop logs an interval after the other until the time is over or the context
// ends.
func (l *logger) loop(ctx context.Context) error {
	defer context.AfterFunc(ctx, l.session.Wake)()
	next, end := l.session.Started(), time.Time{}
	if l.options.duration > 0 {
		end = next.Add(l.options.duration)
	}
	for ctx.Err() == nil {
		next = next.Add(l.options.interval)
		if now := time.Now(); next.Before(now) {
			next = now // an interval took longer than it is
		}
		last := !end.IsZero() && !next.Before(end)
		if last {
			next = end
		}
		for ctx.Err() == nil && time.Now().Before(next) {
			if err := l.session.Receive(next, l.packet); err != nil {
				return err
			}
		}
		if last || ctx.Err() != nil {
			return nil // the last interval is logged after the stop
		}
		if err := l.interval(); err != nil {
			return err
		}
	}
	return nil
}

// onHangup has files opened anew at SIGHUP, until the function that it returns
// is called.
func (l *logger) onHangup() func() {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-hangup:
				for _, q := range l.queues {
					q.Reopen()
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangup)
		close(done)
	}
}

func (l *logger) packet(e *session.Entry) {
	p := l.session.Packet(e)
	l.add(droplog.Packet(&p))
}

func (l *logger) interval() error {
	r, err := l.session.IntervalBalanced()
	if err != nil {
		return err
	}
	l.metrics.observe(r)
	if l.options.packets {
		r.Drops = nil // each has had its line
	}
	r.Top(l.options.top)
	for _, record := range droplog.Interval(r) {
		l.add(record)
	}
	return nil
}

func (l *logger) add(r logline.Record) {
	for _, q := range l.queues {
		q.Add(r)
	}
}

// changed tells the user that a destination fails or works again. When none is
// left that anybody will ever read, it ends the log.
func (l *logger) changed(s logline.Stats) {
	fmt.Fprintf(l.stderr, "dropwatch: %s\n", s)
	for _, q := range l.queues {
		if !q.Stats().Gone {
			return
		}
	}
	l.cancel()
}

// drainTime is how long the end waits for destinations that are slow.
const drainTime = 5 * time.Second

// close delivers what waits and tells what could not be delivered.
func (l *logger) close() (err error) {
	if l.closed {
		return nil
	}
	l.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	for _, q := range l.queues {
		ended := q.Close(ctx)
		if s := q.Stats(); ended == nil && s.Lost > 0 {
			ended = fmt.Errorf("%s: %d of %d lines are lost", s.Name, s.Lost, s.Added)
		}
		err = errors.Join(err, ended)
	}
	return err
}
