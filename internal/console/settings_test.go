package console

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// say runs a script of settings and returns what they come to.
func say(t *testing.T, script string) (settings, string) {
	t.Helper()
	c := &console{settings: settings{queue: 1000, interval: time.Second, format: formatClassic, software: true}}
	var out bytes.Buffer
	sh, err := shell.New(shell.Config{Commands: c.commands(), In: strings.NewReader(script), Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sh.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c.settings, out.String()
}

func TestSettingsOfASession(t *testing.T) {
	for script, want := range map[string]session.Config{
		"":                     {Queue: 1000},
		"set alertmode packet": {Queue: 1000, Packets: true, Snap: wholePacket},
		"set trunc 60":         {Queue: 1000},
		"set trunc 60\nset alertmode packet\nset queue 7": {Queue: 7, Packets: true, Snap: 60},
		"set alertmode packet\nset alertmode summary":     {Queue: 1000},
		"set source ebpf\nset all true":                   {Queue: 1000, Source: "ebpf", All: true},
		"set by flow,process":                             {Queue: 1000, By: dropmon.ByFlow | dropmon.ByProcess},
	} {
		s, out := say(t, script)
		got, err := s.config()
		if err != nil {
			t.Fatal(err)
		}
		if got.Source != want.Source || got.By != want.By || got.All != want.All || got.Packets != want.Packets || got.Snap != want.Snap || got.Queue != want.Queue {
			t.Errorf("%q: got %+v, want %+v\n%s", script, got, want, out)
		}
	}
}

// A wrong value changes nothing.
func TestWrongSettings(t *testing.T) {
	before, _ := say(t, "")
	for _, line := range []string{
		"set trunc 65536", "set trunc -1", "set queue 0", "set queue 4294967296", "set alertlimit x", "set alertmode", "set sw 2",
		"set hw", "set source x", "set format x", "set by", "set by x", "set interval 9ms", "set interval x", "set all maybe", "filter x ==",
	} {
		if after, out := say(t, line); after != before || out == "" {
			t.Errorf("%q changed the settings or said nothing: %q", line, out)
		}
	}
}

func TestFilterCommand(t *testing.T) {
	s, out := say(t, "filter reason == \"A\"  &&  bytes > 3\nfilter")
	if s.filter.String() != `reason == "A"  &&  bytes > 3` || !strings.HasSuffix(out, s.filter.String()+"\n") {
		t.Errorf("filter %q, output %q", s.filter, out)
	}
	if s, _ := say(t, "filter reason == \"A\"\nfilter none"); s.filter != nil {
		t.Errorf("filter %q after none", s.filter)
	}
}

// The shell says goodbye in the words of the C program.
func TestRun(t *testing.T) {
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	status, err := Run(context.Background(), Config{Kallsyms: true, In: in, Out: &out, Err: &out})
	if err != nil || status != 0 || out.String() != "Initializing kallsyms db\nTerminating dropwatch...\nShutting down ...\n" {
		t.Errorf("status %d, %v, output %q", status, err, &out)
	}
}
