package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A start is one run of `dropwatch summary --for 1s`.
type start struct {
	ready time.Duration // from exec until the program is attached
	extra time.Duration // of the whole run, above the second asked for
	rss   float64       // peak, MB of 10^6 bytes
}

// starts are the runs measured, as series of ms and MB.
type starts struct {
	ready, extra, rss series
}

// startUp runs the program several times.
func startUp(ctx context.Context, o options, binary string, out io.Writer) (s starts, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return s, err
	}
	own, _ := number(string(status), "VmHWM:")
	for range o.starts {
		one, err := startOnce(ctx, binary)
		if err != nil {
			return s, err
		}
		s.ready = append(s.ready, milliseconds(one.ready))
		s.extra = append(s.extra, milliseconds(one.extra))
		s.rss = append(s.rss, one.rss)
	}
	fmt.Fprintf(out, "Start-up and memory: dropwatch summary --for 1s, %d times\n"+
		"  from exec until attached: min %.0f ms, median %.0f ms, max %.0f ms\n"+
		"  whole run above the 1 s asked for: min %.0f ms, median %.0f ms, max %.0f ms\n"+
		"  peak resident memory: median %.1f MB, max %.1f MB (a child's reading begins at the parent's, here %.1f MB)\n",
		o.starts, s.ready.min(), s.ready.median(), s.ready.max(),
		s.extra.min(), s.extra.median(), s.extra.max(),
		s.rss.median(), s.rss.max(), megabytes(int64(own)))
	return s, nil
}

// build makes a program as `make build` does.
func build(ctx context.Context, binary, source string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, source)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", source, err, bytes.TrimSpace(text))
	}
	return nil
}

func startOnce(ctx context.Context, binary string) (s start, err error) {
	if err := ctx.Err(); err != nil {
		return s, err
	}
	begin := time.Now()
	p, err := startPeer(exec.Command(binary, "summary", "--for", "1s"))
	if err != nil {
		return s, err
	}
	pid := p.command.Process.Pid
	err = p.poll(500*time.Microsecond, func() (bool, error) { return holdsLink(pid) })
	s.ready = time.Since(begin)
	if err != nil {
		_, failed := p.interrupt()
		return s, errors.Join(err, failed)
	}
	err = <-p.ended
	s.extra = time.Since(begin) - time.Second
	if err != nil {
		return s, fmt.Errorf("run dropwatch: %w: %s", err, bytes.TrimSpace(p.output.Bytes()))
	}
	if usage, ok := p.command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.rss = megabytes(usage.Maxrss)
	}
	return s, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// megabytes takes the KiB that the kernel gives.
func megabytes(kib int64) float64 { return float64(kib) * 1024 / 1e6 }
