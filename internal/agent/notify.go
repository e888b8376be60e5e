package agent

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// notify tells systemd something, if it started us and wants to know:
// sd_notify(3).
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

// tellSystemd is notify for what nobody can do anything about.
func (a *Agent) tellSystemd(state string) {
	if err := notify(state); err != nil {
		fmt.Fprintln(a.out, err)
	}
}

// tellReload tells systemd that the configuration is read again, until it is told
// READY=1.
func (a *Agent) tellReload() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		fmt.Fprintf(a.out, "notify systemd: %v\n", err)
		return
	}
	a.tellSystemd(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
}

// watchdogInterval is how often systemd wants a sign of life; 0 if never.
func watchdogInterval() time.Duration {
	us, err := strconv.ParseUint(os.Getenv("WATCHDOG_USEC"), 10, 50) // nanoseconds fit
	if err != nil || us == 0 {
		return 0
	}
	if pid := os.Getenv("WATCHDOG_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0
	}
	return time.Duration(us) * time.Microsecond
}

// signs gives systemd signs of life until the context ends, as long as alive
// says so.
func signs(ctx context.Context, alive func() bool) {
	interval := watchdogInterval()
	if interval == 0 {
		return
	}
	ticker := time.NewTicker(interval / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if alive() {
				// a lost sign is followed by another one
				_ = notify("WATCHDOG=1")
			}
		}
	}
}
