package console

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// commands is the command table. Help, completion and the manual page come
// from it. The first entries are those of the C program, in its order and its
// words.
func (c *console) commands() []shell.Command {
	return append([]shell.Command{
		{Name: "exit", Help: "Quit dropwatch", Aliases: []string{"quit"},
			Run: func(context.Context, *shell.Session, []string) error { return shell.ErrExit }},
		{Name: "help", Help: "Display this message"},
		{Name: "set", Help: "change how drops are watched", Sub: c.setCommands()},
		{Name: "start", Help: "start capture\nAt a terminal the prompt stays; Ctrl-C or stop ends the capture.\nA script waits until Ctrl-C or the alert limit.", Run: c.start},
		{Name: "stop", Help: "stop capture", Run: c.stop},
		{Name: "show", Help: "show existing configuration\nWith the source netdm also that of the kernel's own monitor.", Run: c.show},
		{Name: "stats", Help: "show statistics\nPackets that the kernel's drop monitor had no room for since it was loaded, if\nthere is one, and drops that dropwatch itself did not see.", Run: c.stats},
	}, further(
		shell.Command{Name: "summary", Args: "[all]", Help: "report what was dropped since start\nWith \"all\" also what is benign.", Run: c.summary},
		shell.Command{Name: "top", Args: "[number]", Help: "show the rows with most packets", Run: c.top},
		shell.Command{Name: "counters", Args: "[all]", Help: "show the kernel's counters of loss that rose\nSince start; of all time while nothing was watched yet.\nWith \"all\" also those that mean no loss or did not rise.", Run: c.counters},
		shell.Command{Name: "filter", Args: "[expression | none]", Raw: true,
			Help: "keep only drops that match\nIt holds from the next start on.\nFor example: filter reason == \"NO_SOCKET\" && interface == \"eth0\"\nAttributes: " + strings.Join(dropmon.AttributeNames(), " ") + "\n\"filter none\" removes it, \"filter\" shows it.",
			Run:  c.filter},
		shell.Command{Name: "packet", Args: "[expression | none]", Raw: true,
			Help: "keep only packets that match a pcap filter\nIt holds from the next start on and is decided in the kernel.\nFor example: packet tcp port 80 and not host 10.0.0.1\n\"packet none\" removes it, \"packet\" shows it.",
			Run:  c.packet},
		shell.Command{Name: "explain", Args: "<name>", Help: "say what it means and what to do\nThe name is that of a reason, a kernel function or a counter.", Run: explainTerm, Complete: completeTerm},
		c.peersCommand(),
	)...)
}

func (c *console) show(_ context.Context, s *shell.Session, _ []string) error {
	t := &c.settings
	mode := "Summary"
	if t.packets {
		mode = "Packet"
	}
	queue := fmt.Sprint(t.queue)
	if t.queue == 0 {
		// the first number is what the C program finds in the kernel
		queue = fmt.Sprintf("%d, while capturing %d unless set", kernelQueue, defaultQueue)
	}
	s.Printf("Getting existing configuration\nAlert mode: %s\nTruncation length: %d\nQueue length: %s\n", mode, t.trunc, queue)
	by := t.by
	if by == 0 {
		by = dropmon.DefaultBy
	}
	source := t.source
	if source == "" {
		source = "auto"
	}
	filter := t.filter.String()
	if filter == "" {
		filter = "none"
	}
	s.Printf("Source: %s\nOrigins: %s\nFormat: %s\nGroup by: %s\nInterval: %v\nFilter: %s\n", source, t.origins(), t.format, by, t.interval, filter)
	if t.packet != nil {
		s.Printf("Packets: %s\n", t.packet.Text)
	}
	if t.limit > 0 {
		s.Printf("Alert limit: %d\n", t.limit)
	}
	if strings.Contains(source, "netdm") || c.watches("netdm") {
		return c.showMonitor(s)
	}
	return nil
}

// current calls f with the session that is going on or ended last.
func (c *console) current(f func(*session.Session) error) error {
	if c.watch != nil {
		return c.watch.with(f)
	}
	if c.last == nil {
		return fmt.Errorf("nothing was watched yet; type start")
	}
	return f(c.last)
}

func (c *console) stats(_ context.Context, s *shell.Session, _ []string) error {
	var missed report.Missed
	if c.last != nil {
		err := c.current(func(current *session.Session) error {
			r, err := current.Summary()
			if err == nil {
				missed = r.Missed
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	software, hardware := missed.Events+missed.Packets, uint64(0)
	if kernel, err := c.monitor(); err == nil {
		software, hardware = kernel.SoftwareLost, kernel.HardwareLost
	}
	s.Printf("Getting statistics\nSoftware statistics:\nTail dropped: %d\nHardware statistics:\nTail dropped: %d\n", software, hardware)
	if missed.Any() {
		s.Printf("missed: %s\n", missed)
	}
	return nil
}

func (c *console) summary(_ context.Context, s *shell.Session, args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "all" {
		return shell.Usagef("only \"all\" may follow")
	}
	return c.current(func(current *session.Session) error {
		defer current.ShowAll(current.ShowAll(len(args) == 1 || c.settings.all))
		r, err := current.Summary()
		if err != nil {
			return err
		}
		if c.settings.format == formatJSON {
			return r.WriteJSON(s)
		}
		return report.Text{Advice: true}.Summary(s, r)
	})
}

func (c *console) top(_ context.Context, s *shell.Session, args []string) error {
	number := uint64(10)
	if len(args) > 0 {
		var err error
		if number, err = strconv.ParseUint(args[0], 10, 16); err != nil || number == 0 || len(args) > 1 {
			return shell.Usagef("a number of rows from 1 to 65535 is needed")
		}
	}
	return c.current(func(current *session.Session) error {
		defer current.ShowAll(current.ShowAll(c.settings.all))
		r, err := current.Summary()
		if err != nil {
			return err
		}
		r.Top(int(number))
		if c.settings.format == formatJSON {
			return r.WriteJSON(s)
		}
		return report.Text{}.Lines(s, r)
	})
}

func (c *console) filter(_ context.Context, s *shell.Session, args []string) error {
	if len(args) == 0 || args[0] == "" {
		if c.settings.filter == nil {
			s.Print("no filter\n")
			return nil
		}
		s.Printf("%s\n", c.settings.filter)
		return nil
	}
	if args[0] == "none" {
		c.settings.filter = nil
		return nil
	}
	filter, err := dropmon.CompileFilter(args[0])
	if located, ok := errors.AsType[*dropmon.FilterError](err); ok {
		return shell.Usagef("column %d: %s", located.Column, located.Problem)
	}
	if err != nil {
		return err
	}
	c.settings.filter = filter
	if c.watch != nil {
		s.Print("the filter holds from the next start on\n")
	}
	return nil
}

func explainTerm(_ context.Context, s *shell.Session, args []string) error {
	if len(args) != 1 {
		return shell.Usagef("one name is needed")
	}
	base, err := explain.Load()
	if err != nil {
		return err
	}
	entries := base.Lookup(args[0])
	if len(entries) == 0 {
		if near := base.Suggest(args[0]); len(near) > 0 {
			return fmt.Errorf("nothing is known about %q; did you mean %s?", args[0], strings.Join(near, ", "))
		}
		return fmt.Errorf("nothing is known about %q", args[0])
	}
	return explain.WriteText(s, entries)
}

func completeTerm([]string) []string {
	base, err := explain.Load()
	if err != nil {
		return nil
	}
	return base.Names()
}
