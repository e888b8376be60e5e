package main

import (
	"context"

	"dropwatch/internal/session"
)

// An arm is one way of watching. Its attach returns when drops are seen; the
// function that it returns ends the watching and tells how many were counted,
// 0 if the arm does not count.
type arm struct {
	name   string
	attach func(context.Context) (detach, error)
}

type detach func() (counted uint64, err error)

// Names of arms that the targets are about.
const (
	armNone     = "none"
	armAgain    = "none, once more" // how far differences can be trusted
	armOurs     = "dropwatch summary"
	armBpftrace = "bpftrace count by location"
)

func arms(l *lab, dir string) []arm {
	packets := session.Config{Packets: true, Snap: 128, Queue: 10000} // as the command has them
	return []arm{
		{armNone, attachNone},
		{"empty program", attachEmpty},
		{armOurs, func(context.Context) (detach, error) { return attachOurs(l, session.Config{}) }},
		{"dropwatch watch --packets", func(context.Context) (detach, error) { return attachOurs(l, packets) }},
		{armBpftrace, attachBpftrace},
		{"perf record", func(ctx context.Context) (detach, error) { return attachPerf(ctx, dir) }},
		{armAgain, attachNone},
	}
}

func attachNone(context.Context) (detach, error) {
	return func() (uint64, error) { return 0, nil }, nil
}

func attachEmpty(context.Context) (detach, error) {
	e, err := openEmpty()
	if err != nil {
		return nil, err
	}
	return func() (uint64, error) { return 0, e.close() }, nil
}

// attachOurs counts what is dropped at the receiver.
func attachOurs(l *lab, config session.Config) (detach, error) {
	o, err := openOurs(config)
	if err != nil {
		return nil, err
	}
	return func() (uint64, error) {
		r, err := o.stop()
		if err != nil {
			return 0, err
		}
		return l.received(r), nil
	}, nil
}
