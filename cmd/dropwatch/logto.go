package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/droplog"
	"dropwatch/internal/export/journal"
	"dropwatch/internal/export/logfile"
	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/syslog"
)

// destinations are the flags that say where lines go and what they look like.
type destinations struct {
	to       []string
	format   string
	facility string
	tag      string
	protocol string
	size     int64
	every    time.Duration
	keep     int
	lines    int
}

var lineFormats = []string{"text", "json", "csv"}

func (o *destinations) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.to, "to", []string{"stdout"}, "where to: stdout, file:PATH, journal, syslog, syslog://HOST, syslog+tcp://HOST, syslog+tls://HOST")
	f.StringVar(&o.format, "format", "text", "of files and standard output: "+strings.Join(lineFormats, ", "))
	f.StringVar(&o.facility, "facility", "daemon", "syslog facility")
	f.StringVar(&o.tag, "tag", "dropwatch", "name of the program in syslog and the journal")
	f.StringVar(&o.protocol, "syslog-format", "", "rfc5424 or rfc3164; unless told otherwise rfc5424 to other hosts and what syslog(3) writes to this one")
	f.Int64Var(&o.size, "rotate-size", 0, "begin a new file when it has this many million bytes; 0 means never")
	f.DurationVar(&o.every, "rotate-every", 0, "begin a new file at each multiple of this time, counted from midnight; 0 means never")
	f.IntVar(&o.keep, "rotate-keep", 7, "number of old files to keep: PATH.1 is the newest")
	f.IntVar(&o.lines, "lines", 65536, "most lines that wait for a destination that is slow or away")
	complete(c, "to", []string{"stdout", "file:", "journal", "syslog", "syslog://", "syslog+tcp://", "syslog+tls://", "syslog+unix://"})
	complete(c, "format", lineFormats)
	complete(c, "syslog-format", []string{"rfc5424", "rfc3164"})
}

// open makes a queue for each destination. Wrong ones are refused before any is
// opened.
func (o *destinations) open(out io.Writer, changed func(logline.Stats)) (_ []*logline.Queue, err error) {
	if o.size < 0 || o.every < 0 || o.keep < 1 || o.lines < 1 {
		return nil, usagef("--rotate-size and --rotate-every must not be less than 0, --rotate-keep and --lines not less than 1")
	}
	var opened []func() (logline.Destination, error)
	for _, to := range o.to {
		open, err := o.destination(to, out)
		if err != nil {
			return nil, usageError{err}
		}
		opened = append(opened, open)
	}
	var queues []*logline.Queue
	for i, open := range opened {
		d, err := open()
		if err != nil {
			return nil, errors.Join(err, discard(queues))
		}
		queues = append(queues, logline.NewQueue(d, logline.QueueConfig{
			Name: o.to[i], Limit: o.lines, Changed: changed,
		}))
	}
	return queues, nil
}

// discard closes queues in which nothing waits.
func discard(queues []*logline.Queue) (err error) {
	for _, q := range queues {
		err = errors.Join(err, q.Close(context.Background()))
	}
	return err
}

// destination checks one and returns what opens it.
func (o *destinations) destination(to string, out io.Writer) (func() (logline.Destination, error), error) {
	encoder, err := o.encoder()
	if err != nil {
		return nil, err
	}
	facility, err := syslog.ParseFacility(o.facility)
	if err != nil {
		return nil, err
	}
	path, isFile := strings.CutPrefix(to, "file:")
	switch {
	case to == "stdout":
		return func() (logline.Destination, error) { return standardOutput(out, encoder) }, nil
	case isFile && path != "":
		config := logfile.Config{Path: path, Encoder: encoder, MaxBytes: o.size * 1e6, Every: o.every, Keep: o.keep}
		return func() (logline.Destination, error) { return openFile(config) }, nil
	case to == "journal":
		config := journal.Config{Identifier: o.tag, Facility: int(facility)}
		return func() (logline.Destination, error) { return journal.New(config), nil }, nil
	case to == "syslog" || strings.HasPrefix(to, "syslog:") || strings.HasPrefix(to, "syslog+"):
		config, err := o.syslog(to, facility)
		return func() (logline.Destination, error) { return openSyslog(config) }, err
	}
	return nil, fmt.Errorf("--to %q: there is no such destination; use stdout, file:PATH, journal, syslog or syslog://HOST", to)
}

func (o *destinations) encoder() (logline.Encoder, error) {
	switch o.format {
	case "text":
		return logline.TextEncoder{}, nil
	case "json":
		return logline.JSONEncoder{}, nil
	case "csv":
		return logline.NewCSVEncoder(droplog.Columns()...), nil
	}
	return nil, fmt.Errorf("--format %q: use one of %q", o.format, lineFormats)
}

// syslog reads the address. Options in it go before the flags.
func (o *destinations) syslog(to string, facility syslog.Facility) (syslog.Config, error) {
	config, err := syslog.ParseURL(to)
	if err != nil {
		return config, fmt.Errorf("--to %q: %w", to, err)
	}
	if config.Facility == 0 {
		config.Facility = facility
	}
	if config.Tag == "" {
		config.Tag = o.tag
	}
	if config.Format == syslog.DefaultFormat && o.protocol != "" {
		if config.Format, err = syslog.ParseFormat(o.protocol); err != nil {
			return config, fmt.Errorf("--syslog-format: %w", err)
		}
	}
	return config, config.Validate()
}

// The three of them keep a destination that failed to open from being one that
// is not nil.

func openFile(c logfile.Config) (logline.Destination, error) {
	f, err := logfile.Open(c)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func openSyslog(c syslog.Config) (logline.Destination, error) {
	d, err := syslog.New(c)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func standardOutput(out io.Writer, e logline.Encoder) (logline.Destination, error) {
	if checked, ok := out.(*checkedWriter); ok {
		out = checked.w // the queue looks at errors itself
	}
	file, ok := out.(*os.File)
	if !ok {
		return nil, errors.New("standard output is no file")
	}
	// A pipe that nobody reads any more is an error of this destination only.
	signal.Ignore(syscall.SIGPIPE)
	return logfile.NewStream(file, e), nil
}
