package console

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"dropwatch/dropmon"
	"dropwatch/shell"
)

// withMonitor runs a script beside a kernel's monitor.
func withMonitor(t *testing.T, script string, state dropmon.MonitorState, missing error) string {
	t.Helper()
	c := newConsole("")
	c.monitor = func() (dropmon.MonitorState, error) { return state, missing }
	var out bytes.Buffer
	sh, err := shell.New(shell.Config{Commands: c.commands(), In: strings.NewReader(script), Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sh.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestShowMonitor(t *testing.T) {
	plain := dropmon.MonitorState{Activity: dropmon.ActivityIdle, Queue: 1000}
	for want, test := range map[string]struct {
		script string
		state  dropmon.MonitorState
		err    error
	}{
		"Kernel monitor: idle\nKernel monitor settings: mode summary, truncation none, queue 1000 packets\n": {
			"set source netdm\nshow", plain, nil},
		"Kernel monitor: on for another program\nKernel monitor settings: mode packet, truncation 80 bytes, queue 5 packets\n": {
			"set source ebpf+netdm\nshow", dropmon.MonitorState{Activity: dropmon.ActivityOn, Packets: true, Truncate: 80, Queue: 5}, nil},
		"Kernel monitor: unknown, CAP_NET_ADMIN is needed to ask\nKernel monitor settings: mode summary, truncation none, queue 0 packets\n": {
			"set source netdm\nshow", dropmon.MonitorState{}, nil},
		"Kernel monitor: no module\n": {"set source netdm\nshow", plain, errors.New("no module")},
		"":                            {"show", plain, nil},
	} {
		_, got, _ := strings.Cut(withMonitor(t, test.script, test.state, test.err), "Filter: none\n")
		if got != want {
			t.Errorf("%q: got %q, want %q", test.script, got, want)
		}
	}
}

// The kernel's own numbers come before ours.
func TestStats(t *testing.T) {
	const form = "Getting statistics\nSoftware statistics:\nTail dropped: %s\nHardware statistics:\nTail dropped: %s\n"
	got := withMonitor(t, "stats", dropmon.MonitorState{SoftwareLost: 7, HardwareLost: 9}, nil)
	if want := strings.Replace(strings.Replace(form, "%s", "7", 1), "%s", "9", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = withMonitor(t, "stats", dropmon.MonitorState{SoftwareLost: 7}, errors.New("no module"))
	if want := strings.ReplaceAll(form, "%s", "0"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
