package console

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"dropwatch/dropmon"
	"dropwatch/shell"
)

// setCommands are the sub commands of "set". What they change holds from the
// next start on.
func (c *console) setCommands() []shell.Command {
	booleans := func([]string) []string { return []string{"true", "false"} }
	return append([]shell.Command{
		c.setting("alertlimit", "<number>", "capture only this many alert packets", nil, c.setAlertLimit),
		c.setting("alertmode", "<mode>", `set mode to "summary" or "packet"`, fixed("summary", "packet"), c.setAlertMode),
		c.setting("trunc", "<len>", `truncate packets to this length. Only applicable when "alertmode" is set to "packet"`, nil, c.setTrunc),
		c.setting("queue", "<len>", `queue up to this many packets in the kernel. Only applicable when "alertmode" is set to "packet"`, nil, c.setQueue),
		c.setting("sw", "<true | false>", "monitor software drops", booleans, c.setSoftware),
		c.setting("hw", "<true | false>", "monitor hardware drops", booleans, c.setHardware),
	}, further(
		c.setting("source", "<name>", "where drops are seen: "+strings.Join(dropmon.Sources(), " "), fixed(dropmon.Sources()...), c.setSource),
		c.setting("takeover", "<true | false>", "restart a monitor that is on already", booleans, c.setTakeover),
		c.setting("coarse", "<true | false>", "source netdm: count by location only", booleans, c.setCoarse),
		c.setting("format", "<name>", "how drops are printed: "+strings.Join(formats, " "), fixed(formats...), c.setFormat),
		c.setting("by", "<list>", "what tells rows apart; see help set by\nA list of "+strings.Join(dropmon.ByNames(), ","), fixed(dropmon.ByNames()...), c.setBy),
		c.setting("interval", "<duration>", "time between lines: 1s, 500ms", nil, c.setInterval),
		c.setting("all", "<true | false>", "show what is benign too\nThe format classic always shows it; summary and top do not.", booleans, c.setAll),
	)...)
}

// further marks what the C program does not have: its own list of commands
// comes first and unchanged.
func further(commands ...shell.Command) []shell.Command {
	for i := range commands {
		commands[i].Section = "Further commands"
	}
	return commands
}

func fixed(values ...string) func([]string) []string {
	return func([]string) []string { return values }
}

// setting makes a sub command that takes one value.
func (c *console) setting(name, args, help string, complete func([]string) []string, set func(*shell.Session, string) error) shell.Command {
	return shell.Command{
		Name: name, Args: args, Help: help, Complete: complete,
		Run: func(_ context.Context, s *shell.Session, args []string) error {
			if len(args) != 1 {
				return shell.Usagef("one value is needed")
			}
			return set(s, args[0])
		},
	}
}

func (c *console) setAlertLimit(s *shell.Session, value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return shell.Usagef("%q is no number of lines; 0 removes the limit", value)
	}
	c.settings.limit = n
	s.Printf("setting alert capture limit to %d\n", n)
	return nil
}

func (c *console) setAlertMode(s *shell.Session, value string) error {
	if value != "summary" && value != "packet" {
		return shell.Usagef("%q is no mode", value)
	}
	c.settings.packets = value == "packet"
	s.Print("Setting alert mode\nAlert mode successfully set\n")
	return nil
}

func (c *console) setTrunc(s *shell.Session, value string) error {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return shell.Usagef("%q is no length from 0 (whole packets) to 65535", value)
	}
	c.settings.trunc = uint32(n)
	s.Printf("Setting truncation length to %d\nTruncation length successfully set\n", n)
	return nil
}

func (c *console) setQueue(s *shell.Session, value string) error {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n == 0 {
		return shell.Usagef("%q is no number of packets above 0", value)
	}
	c.settings.queue = uint32(n)
	s.Printf("Setting queue length to %d\nQueue length successfully set\n", n)
	return nil
}

// boolean reads what the C program reads.
func boolean(value string) (on bool, digit int, err error) {
	switch strings.ToLower(value) {
	case "true", "1":
		return true, 1, nil
	case "false", "0":
		return false, 0, nil
	}
	return false, 0, shell.Usagef("invalid boolean value")
}

func (c *console) setSoftware(s *shell.Session, value string) error {
	on, digit, err := boolean(value)
	if err != nil {
		return err
	}
	c.settings.software = on
	s.Printf("setting software drops monitoring to %d\n", digit)
	return nil
}

func (c *console) setHardware(s *shell.Session, value string) error {
	on, digit, err := boolean(value)
	if err != nil {
		return err
	}
	c.settings.hardware = on
	s.Printf("setting hardware drops monitoring to %d\n", digit)
	return nil
}

func (c *console) setSource(_ *shell.Session, value string) error {
	if !slices.Contains(dropmon.Sources(), value) {
		return shell.Usagef("unknown source %q: use one of %q", value, dropmon.Sources())
	}
	c.settings.use(value)
	return nil
}

func (c *console) setTakeover(_ *shell.Session, value string) error {
	on, _, err := boolean(value)
	if err != nil {
		return err
	}
	c.settings.takeover = on
	return nil
}

func (c *console) setCoarse(_ *shell.Session, value string) error {
	on, _, err := boolean(value)
	if err != nil {
		return err
	}
	c.settings.coarse = on
	return nil
}

func (c *console) setFormat(_ *shell.Session, value string) error {
	if !slices.Contains(formats, value) {
		return shell.Usagef("unknown format %q: use one of %q", value, formats)
	}
	c.settings.format = value
	return nil
}

func (c *console) setBy(_ *shell.Session, value string) error {
	by, err := dropmon.ParseBy(value)
	if err != nil {
		return shell.Usagef("%v", err)
	}
	c.settings.by = by
	return nil
}

func (c *console) setInterval(_ *shell.Session, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 10*time.Millisecond {
		return shell.Usagef("%q is no duration of at least 10ms", value)
	}
	c.settings.interval = d
	return nil
}

func (c *console) setAll(_ *shell.Session, value string) error {
	on, _, err := boolean(value)
	if err != nil {
		return err
	}
	c.settings.all = on
	return nil
}
