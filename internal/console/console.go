package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// A Config says how the shell starts.
type Config struct {
	// Source to watch with; empty means auto.
	Source string
	// Kallsyms is set when the user asked for the lookup method "kas" of the
	// C program. Without it the C program prints bare addresses; here names are
	// found either way, and only the first line differs.
	Kallsyms bool
	// Peers is the state directory of the agent.
	Peers string

	In          *os.File
	Out, Err    io.Writer
	HistoryFile string
}

// A console holds what the commands set and the watch that is going on.
type console struct {
	settings settings
	watch    *watch // nil while nothing is watched
	last     *session.Session

	peersDirectory string

	open    func(session.Config) (*session.Session, error)
	monitor func() (dropmon.MonitorState, error)
}

// settings are what "set" and "filter" change. They hold for the next start.
type settings struct {
	source   string
	packets  bool
	trunc    uint32
	queue    uint32
	software bool
	hardware bool
	limit    uint64 // alerts, 0 for none
	by       dropmon.By
	interval time.Duration
	format   string
	filter   *dropmon.Filter
	packet   *dropmon.PacketFilter
	all      bool
	takeover bool
	coarse   bool
}

func newConsole(source string) *console {
	c := &console{open: session.Open, monitor: dropmon.Monitor}
	c.settings = settings{interval: time.Second, format: formatClassic, software: true}
	c.settings.use(source)
	return c
}

// Run runs the shell until it ends and returns the exit status.
func Run(ctx context.Context, config Config) (int, error) {
	c := newConsole(config.Source)
	c.peersDirectory = config.Peers
	return c.run(ctx, config)
}

func (c *console) run(ctx context.Context, config Config) (int, error) {
	defer c.close()
	sh, err := shell.New(shell.Config{
		Prompt: "dropwatch> ", Commands: c.commands(),
		In: config.In, Out: config.Out, Err: config.Err, HistoryFile: config.HistoryFile,
		OnInterrupt: func(s *shell.Session) {
			if c.watch != nil {
				c.end(s, false)
			}
		},
		OnEOF: func(s *shell.Session) { s.Print("Terminating dropwatch...\n") },
	})
	if err != nil {
		return shell.StatusFailed, fmt.Errorf("make shell: %w", err)
	}
	if config.Kallsyms {
		sh.Session().Print("Initializing kallsyms db\n")
	} else {
		sh.Session().Print("Initializing null lookup method\n")
	}
	status, err := sh.Run(ctx)
	if c.watch != nil {
		c.end(sh.Session(), true)
	}
	sh.Session().Print("Shutting down ...\n")
	return status, err
}

func (c *console) close() {
	if c.watch != nil {
		c.watch.stop()
	}
	c.forget()
}

// forget frees the watch that ended last, which is kept for "summary".
func (c *console) forget() {
	if c.last != nil {
		c.last.Close()
		c.last = nil
	}
}

// start begins to watch. At a terminal the prompt stays; a script waits until
// Ctrl-C or the alert limit, as scripts for the C program expect.
func (c *console) start(ctx context.Context, s *shell.Session, _ []string) error {
	if c.watch != nil && !c.watch.ended() {
		return errors.New("monitoring is already active; type stop to end it")
	}
	s.Print("Enabling monitoring...\n")
	config := c.settings.config()
	config.Counters = true // for the command of that name
	w := newWatch(c.settings, s)
	config.Idle = w.flush
	opened, err := c.open(config)
	if err != nil {
		return fmt.Errorf("activation failed: %w", err)
	}
	c.forget()
	for _, warning := range opened.Warnings() {
		fmt.Fprintln(s.Err, warning)
	}
	if opened.ListensOnly() {
		fmt.Fprintln(s.Err, "listening only: stop ends this and leaves the monitor on; to have the monitor itself: stop, set takeover true, start")
	}
	s.Print("Kernel monitoring activated.\nIssue Ctrl-C to stop monitoring\n")
	c.watch, c.last = w, opened
	w.begin(opened)
	if s.Interactive() {
		return nil
	}
	select {
	case <-ctx.Done():
		return c.end(s, false)
	case <-c.watch.done:
		return c.end(s, false)
	}
}

// stop is the command.
func (c *console) stop(_ context.Context, s *shell.Session, _ []string) error {
	return c.end(s, true)
}

// end ends the watch. The C program announces a stop that was asked for by
// command, and always acknowledges.
func (c *console) end(s *shell.Session, announce bool) error {
	w := c.watch
	c.watch = nil
	if announce {
		s.Print("Deactivation requested, turning off monitoring\n")
	}
	var err error
	if w != nil {
		err = w.stop()
	}
	s.Print("Got a stop message\n")
	return err
}

// use chooses a source. The one that has both origins in its name is for both.
func (s *settings) use(source string) {
	s.source = source
	if source == "ebpf+netdm" {
		s.software, s.hardware = true, true
	}
}

// origins are software drops unless something else is asked for, as the kernel
// has it when told nothing.
func (s *settings) origins() dropmon.Origins {
	switch {
	case s.hardware && s.software:
		return dropmon.SoftwareDrops | dropmon.HardwareDrops
	case s.hardware:
		return dropmon.HardwareDrops
	}
	return dropmon.SoftwareDrops
}

// What the queue is unless it is set. That of the kernel overflows in a burst.
const (
	kernelQueue  = 1000
	defaultQueue = 20000
)

func (s *settings) config() session.Config {
	c := session.Config{
		Source: s.source, Origins: s.origins(), By: s.by, Filter: s.filter, PacketFilter: s.packet,
		// The C program prints what is benign too; here it is labelled.
		All:      s.all || s.format == formatClassic,
		Takeover: s.takeover, Coarse: s.coarse, Packets: s.packets,
	}
	if s.packets {
		c.Queue, c.Snap = cmp.Or(s.queue, defaultQueue), s.trunc
		if s.trunc == 0 {
			c.Snap = s.wholePacket()
		}
	}
	return c
}

// wholePacket is what "trunc 0" means: the longest packet there is where the
// kernel sends just the packet; as much as a frame on an ordinary link where
// room for that much is taken for each.
func (s *settings) wholePacket() uint32 {
	if s.source == "netdm" {
		return 0xffff
	}
	return 2048
}
