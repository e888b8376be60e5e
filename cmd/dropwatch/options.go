package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/dropmon"
	"dropwatch/internal/pcapfilter"
	"dropwatch/internal/session"
)

// options are the flags that say what to watch, the same for every command
// that watches.
type options struct {
	source  string
	origin  string
	by      string
	filter  string
	packet  string
	netns   []string
	devices []string
	all     bool
	top     int
	json    bool

	takeover bool
	coarse   bool
}

func (o *options) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.source, "source", "auto", "where drops are seen: "+strings.Join(dropmon.Sources(), ", "))
	f.StringVar(&o.origin, "origin", "", "whose drops: "+strings.Join(dropmon.OriginNames(), ", ")+"; unless told otherwise all that the source sees")
	f.StringVar(&o.by, "by", "", "group by a list of reason,location,netns,interface,protocol,process,flow")
	f.StringVar(&o.filter, "filter", "", `keep what matches an expression, such as 'reason == "NO_SOCKET" && bytes > 100'`)
	f.StringVar(&o.packet, "packet", "", "keep packets that match a pcap filter, such as 'tcp port 80 and not host 10.0.0.1'; decided in the kernel")
	f.StringSliceVar(&o.netns, "netns", nil, "only these network namespaces (a name, path, inode or pid:N)")
	f.StringSliceVar(&o.devices, "interface", nil, "only these network interfaces")
	f.BoolVar(&o.all, "all", false, "also show what the kernel frees as usual (class benign)")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVar(&o.takeover, "takeover", false, "source netdm: restart a drop monitor that another program has left on")
	f.BoolVar(&o.coarse, "coarse", false, "source netdm: count by location only, which costs the host least")
	complete(c, "source", dropmon.Sources())
	complete(c, "origin", dropmon.OriginNames())
	complete(c, "by", dropmon.ByNames())
}

func complete(c *cobra.Command, flag string, values []string) {
	// fails only for a flag that does not exist
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// config checks the flags.
func (o *options) config() (session.Config, error) {
	c := session.Config{Source: o.source, All: o.all, NetNS: o.netns, Devices: o.devices, Takeover: o.takeover, Coarse: o.coarse}
	var err error
	if o.origin != "" {
		if c.Origins, err = dropmon.ParseOrigins(o.origin); err != nil {
			return c, usageError{err}
		}
	}
	if o.by != "" {
		if c.By, err = dropmon.ParseBy(o.by); err != nil {
			return c, usageError{err}
		}
	}
	if c.Filter, err = dropmon.CompileFilter(o.filter); err != nil {
		return c, usageError{err}
	}
	if c.PacketFilter, err = packetFilter(o.packet); err != nil {
		return c, err
	}
	if err := checkSource(o.source); err != nil {
		return c, err
	}
	return c, checkDevices(o.devices)
}

// packetFilter compiles an expression of pcap-filter(7); none is nil.
func packetFilter(expression string) (*dropmon.PacketFilter, error) {
	if expression == "" {
		return nil, nil
	}
	program, err := pcapfilter.Compile(expression, pcapfilter.Ethernet)
	if err != nil {
		return nil, usagef("--packet: %w", err)
	}
	return &dropmon.PacketFilter{Text: expression, Instructions: program.Instructions()}, nil
}

// checkDevices refuses names that no interface can have.
func checkDevices(names []string) error {
	for _, name := range names {
		if name == "" || len(name) > 15 {
			return usagef("--interface %q: a name has 1 to 15 bytes", name)
		}
	}
	return nil
}

func checkSource(name string) error {
	if !slices.Contains(dropmon.Sources(), name) {
		return usagef("unknown source %q: use one of %q", name, dropmon.Sources())
	}
	return nil
}

// positive refuses durations that make no sense.
func positive(flag string, d time.Duration) error {
	if d <= 0 {
		return usagef("--%s %v: must be longer than 0", flag, d)
	}
	return nil
}
