package main

import (
	"context"
	"errors"
	"time"

	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
	"dropwatch/internal/session"
)

// ours is a session as the commands of dropwatch have it, with a goroutine
// that receives.
type ours struct {
	session *session.Session
	cancel  context.CancelFunc
	done    chan error
}

func openOurs(config session.Config) (*ours, error) {
	config.All = true
	s, err := session.Open(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	o := &ours{session: s, cancel: cancel, done: make(chan error, 1)}
	context.AfterFunc(ctx, s.Wake)
	go func() {
		for ctx.Err() == nil {
			if err := s.Receive(time.Now().Add(time.Second), func(*session.Entry) {}); err != nil {
				o.done <- err
				return
			}
		}
		o.done <- nil
	}()
	return o, nil
}

// stop ends the session and returns its report.
func (o *ours) stop() (*report.Summary, error) {
	o.cancel()
	err := errors.Join(<-o.done, o.session.Stop(func(*session.Entry) {}))
	r, failed := o.session.Summary()
	return r, errors.Join(err, failed, o.session.Close())
}

// received adds up the rows about the receiver.
func (l *lab) received(r *report.Summary) (packets uint64) {
	for _, d := range r.Drops {
		if d.NetNS != nil && d.NetNS.Inode == l.Inode(scenario.B) {
			packets += d.Packets
		}
	}
	return packets
}
