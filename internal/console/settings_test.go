package console

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// say runs a script of settings and returns what they come to.
func say(t *testing.T, script string) (settings, string) {
	t.Helper()
	c := newConsole("")
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
	const software, both = dropmon.SoftwareDrops, dropmon.SoftwareDrops | dropmon.HardwareDrops
	for script, want := range map[string]session.Config{
		"":                     {Origins: software, All: true},
		"set alertmode packet": {Queue: 20000, Origins: software, All: true, Packets: true, Snap: 2048},
		"set trunc 60":         {Origins: software, All: true},
		"set trunc 60\nset alertmode packet\nset queue 7":      {Queue: 7, Origins: software, All: true, Packets: true, Snap: 60},
		"set alertmode packet\nset alertmode summary":          {Origins: software, All: true},
		"set source ebpf\nset format text":                     {Origins: software, Source: "ebpf"},
		"set format json\nset all true":                        {Origins: software, All: true},
		"set by flow,process":                                  {Origins: software, All: true, By: dropmon.ByFlow | dropmon.ByProcess},
		"set hw true":                                          {Origins: both, All: true},
		"set hw true\nset sw false":                            {Origins: dropmon.HardwareDrops, All: true},
		"set sw false":                                         {Origins: software, All: true}, // as the C program has it
		"set source ebpf+netdm":                                {Origins: both, All: true, Source: "ebpf+netdm"},
		"set source netdm\nset takeover true\nset coarse true": {Origins: software, All: true, Source: "netdm", Takeover: true, Coarse: true},
		"set source netdm\nset alertmode packet":               {Queue: 20000, Origins: software, All: true, Source: "netdm", Packets: true, Snap: 65535},
	} {
		s, out := say(t, script)
		if diff := cmp.Diff(want, s.config(), cmpopts.IgnoreUnexported(session.Config{})); diff != "" {
			t.Errorf("%q (-want +got)\n%s%s", script, diff, out)
		}
	}
}

// A wrong value changes nothing.
func TestWrongSettings(t *testing.T) {
	before, _ := say(t, "")
	for _, line := range []string{
		"set trunc 65536", "set trunc -1", "set queue 0", "set queue 4294967296", "set alertlimit x", "set alertmode", "set sw 2",
		"set hw", "set source x", "set format x", "set by", "set by x", "set interval 9ms", "set interval x", "set all maybe", "set takeover x", "set coarse x", "filter x ==",
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

// The shell says hello and goodbye in the words of the C program.
func TestRun(t *testing.T) {
	for want, config := range map[string]Config{
		"Initializing kallsyms db\n":        {Kallsyms: true},
		"Initializing null lookup method\n": {},
	} {
		var err error
		if config.In, err = os.Open(os.DevNull); err != nil {
			t.Fatal(err)
		}
		defer config.In.Close()
		var out bytes.Buffer
		config.Out, config.Err = &out, &out
		status, err := Run(context.Background(), config)
		if want += "Terminating dropwatch...\nShutting down ...\n"; err != nil || status != 0 || out.String() != want {
			t.Errorf("status %d, %v, output %q", status, err, &out)
		}
	}
}
