package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"dropwatch/internal/recording"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

// A player prints a recording as it goes on.
type player struct {
	options     *replayOptions
	source      *recording.Source
	session     *session.Session
	lines       *bufio.Writer // to out, for what is printed while it goes on
	out, errors io.Writer
	text        report.Text
	view        recording.View
	failed      error // of writing
}

func newPlayer(o *replayOptions, out, errors io.Writer) *player {
	return &player{
		options: o, out: out, errors: errors, lines: bufio.NewWriterSize(out, packetRoom),
		text: report.Text{Color: colored(out), Cut: terminal(out) && o.watch},
	}
}

// flush writes what was printed.
func (p *player) flush() {
	if err := p.lines.Flush(); err != nil && p.failed == nil {
		p.failed = err
	}
}

func (p *player) play(ctx context.Context) error {
	if p.options.watch {
		return p.intervals(ctx)
	}
	return p.session.Receive(time.Time{}, p.packet)
}

func (p *player) packet(e *session.Entry) {
	if p.failed != nil {
		p.source.Wake()
		return
	}
	packet := p.session.Packet(e)
	if p.options.json {
		p.failed = packet.WriteLine(p.lines)
	} else {
		p.failed = p.text.Packet(p.lines, &packet)
	}
}

// intervals prints what came in each interval of the recording. Those without a
// drop are stepped over: there may be years of them.
func (p *player) intervals(ctx context.Context) error {
	from := p.source.Session().From
	for told := from; ctx.Err() == nil && p.failed == nil; {
		next, more := p.source.Next()
		if !more {
			break
		}
		to := intervalEnd(from, next, p.options.interval)
		if start := to.Add(-p.options.interval); start.After(told) {
			if err := p.interval(start, false); err != nil { // without a drop
				return err
			}
		}
		if err := p.session.Receive(to.Add(-1), nil); err != nil {
			return err
		}
		if _, more := p.source.Next(); !more && !to.Before(p.source.To()) {
			break // the last one ends with the recording
		}
		if err := p.interval(to, false); err != nil {
			return err
		}
		told = to
	}
	if err := p.source.Err(); err != nil {
		return err
	}
	return p.interval(p.source.To(), true)
}

// interval prints one. The last one has what is known only of all together.
func (p *player) interval(to time.Time, last bool) error {
	r, err := p.session.IntervalOf(to)
	if err != nil {
		return err
	}
	if last {
		p.source.AddCounters(r, p.view)
	}
	r.Top(p.options.top)
	switch {
	case !p.options.json:
		return p.text.Lines(p.lines, r)
	case r.News():
		return r.WriteLine(p.lines)
	}
	return nil
}

// intervalEnd is the end of the interval that a time is in.
func intervalEnd(from, t time.Time, interval time.Duration) time.Time {
	start, passed := from.UnixNano(), max(t.UnixNano()-from.UnixNano(), 0)
	whole := passed - passed%int64(interval)
	if start+whole > math.MaxInt64-int64(interval) {
		return t.Add(1)
	}
	return time.Unix(0, start+whole+int64(interval)).UTC()
}

// summary is of the whole recording.
func (p *player) summary() (*report.Summary, error) {
	r, err := p.session.SummaryOf(p.source.To())
	if err != nil {
		return nil, fmt.Errorf("sum up recording: %w", err)
	}
	p.source.Complete(r, p.view)
	return r, nil
}
