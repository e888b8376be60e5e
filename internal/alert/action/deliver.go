package action

import (
	"context"
	"fmt"
	"io"
	"sync"

	"dropwatch/internal/alert"
	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/syslog"
)

// A deliverer does one action. It is for one goroutine at a time.
type deliverer interface {
	// deliver tells an event. again says whether another attempt may help.
	deliver(ctx context.Context, e *alert.Event) (again bool, err error)
	close() error
}

func (a *Action) deliverer(log *lines, bell io.Writer) (deliverer, error) {
	switch {
	case a.Log:
		return logger{log}, nil
	case a.Bell:
		return ringer{bell}, nil
	case len(a.Command) > 0:
		return &command{args: a.Command}, nil
	case a.Syslog != "":
		c, err := a.syslogConfig()
		if err != nil {
			return nil, err
		}
		d, err := syslog.New(c)
		if err != nil {
			return nil, err
		}
		return daemon{d}, nil
	}
	return newWebhook(a.Webhook)
}

// lines writes whole lines of several goroutines.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) print(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(append(logline.AppendPrintable(nil, text), '\n'))
	return err
}

// logger writes lines where the agent does.
type logger struct{ out *lines }

func (l logger) deliver(_ context.Context, e *alert.Event) (bool, error) {
	return false, l.out.print(alert.Text(e))
}

func (logger) close() error { return nil }

// ringer rings a terminal.
type ringer struct{ terminal io.Writer }

func (r ringer) deliver(_ context.Context, e *alert.Event) (bool, error) {
	if r.terminal == nil {
		return false, nil // nobody is there to hear it
	}
	bell := ""
	if e.Firing {
		bell = "\a"
	}
	_, err := fmt.Fprintf(r.terminal, "%s%s\n", bell, logline.AppendPrintable(nil, alert.Text(e)))
	return false, err
}

func (ringer) close() error { return nil }

// daemon is a syslog daemon.
type daemon struct{ d *syslog.Destination }

func (d daemon) deliver(ctx context.Context, e *alert.Event) (bool, error) {
	_, err := d.d.Write(ctx, []logline.Record{logRecord(e)})
	return err != nil, err
}

func (d daemon) close() error { return d.d.Close() }

// logRecord is an event as a line of syslog.
func logRecord(e *alert.Event) logline.Record {
	severity := logline.Notice
	switch {
	case e.Firing && e.Severity == alert.Critical:
		severity = logline.Critical
	case e.Firing:
		severity = logline.Warning
	}
	r := logline.Record{Time: e.Time, Severity: severity, Event: "alert", Text: alert.Text(e)}
	for _, f := range fields(e) {
		if f.name != "text" && f.text != "" {
			r.Fields = append(r.Fields, logline.Text(f.name, f.text))
		}
	}
	return r
}
