package session

import (
	"fmt"
	"slices"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/owner"
	"dropwatch/symbols"
)

// A Config says what to watch and how to add it up. The zero value watches
// everything.
type Config struct {
	Source  string          // as dropmon.Config.Source
	Origins dropmon.Origins // as dropmon.Config.Origins
	By      dropmon.By      // 0 means dropmon.DefaultBy
	All     bool            // report benign drops too
	Filter  *dropmon.Filter
	NetNS   []string // names as owner.NamespaceByName takes them; empty means all
	Devices []string // names of interfaces; empty means all

	Takeover  bool   // as dropmon.Config.Takeover
	Coarse    bool   // as dropmon.Config.Coarse
	Packets   bool   // deliver single packets
	Snap      uint32 // bytes of each
	Queue     uint32 // packets that wait in the kernel
	RateLimit uint32 // packets a second
	Idle      func() // as dropmon.Config.Idle
	// PacketFilter is that of dropmon.Config.
	PacketFilter *dropmon.PacketFilter
	// Intervals have rows even if single packets are delivered.
	Intervals bool

	// Counters reads the counters even where they cannot be explained, because
	// not all drops are watched: see Session.Counters. With Packets it also lets
	// Summary explain them, which may then be called only after Stop.
	Counters bool
	// CountersAlone reports counters and no drops where the source "auto" finds
	// none that works.
	CountersAlone bool
	// open replaces dropmon.Open in tests.
	open func(dropmon.Config) (dropmon.Source, error)
}

// sampleInterval is how often one group shows one of its packets, for each
// CPU: often enough to see whose they are, too seldom to cost anything.
const sampleInterval = 100 * time.Millisecond

// warnings are about what is allowed but can hardly be meant.
func (c *Config) warnings(reasons *symbols.Reasons) []string {
	var warnings []string
	for _, name := range c.Filter.Fixed("reason") {
		if reasons != nil && len(reasons.All()) > 0 && len(reasons.Code(name)) == 0 {
			warnings = append(warnings, fmt.Sprintf("filter: this kernel has no drop reason %q, so nothing can match", name))
		}
	}
	classes := []string{string(dropmon.Loss), string(dropmon.Policy), string(dropmon.Peer), string(dropmon.Proto), string(dropmon.Benign)}
	for _, name := range c.Filter.Fixed("class") {
		if !slices.Contains(classes, name) {
			warnings = append(warnings, fmt.Sprintf("filter: there is no class %q; the classes are %q", name, classes))
		}
	}
	return warnings
}

// source turns the configuration into that of the source. Only what is sure is
// decided in the kernel: the filter is asked again for every drop.
func (c *Config) source(names *owner.Names, reasons *symbols.Reasons) (dropmon.Config, []uint32, error) {
	config := dropmon.Config{
		Source: c.Source, Origins: c.Origins, Detail: c.By.Detail() | c.Filter.Detail(),
		SampleInterval: sampleInterval,
		Takeover:       c.Takeover, Coarse: c.Coarse,
		Packets: c.Packets, Snap: c.Snap, Queue: c.Queue, RateLimit: c.RateLimit, Idle: c.Idle,
		PacketFilter: c.PacketFilter,
	}
	if c.Packets {
		config.Detail = 0 // each packet has all its details
	}
	var namespaces []uint32
	for _, name := range c.NetNS {
		inode, err := names.Namespaces.NamespaceByName(name)
		if err != nil {
			return config, nil, err
		}
		namespaces = append(namespaces, inode)
	}
	config.Restrict = dropmon.Restriction{
		NetNS:      namespaces,
		Interfaces: c.Devices,
	}
	if len(config.Restrict.Interfaces) == 0 {
		config.Restrict.Interfaces = validInterfaces(c.Filter.Fixed("interface"))
	}
	if len(namespaces) == 0 {
		config.Restrict.NetNS = knownNamespaces(names, c.Filter.Fixed("netns"))
	}
	for _, name := range c.Filter.Fixed("reason") {
		config.Restrict.Reasons = append(config.Restrict.Reasons, exactCodes(reasons, name)...)
	}
	return config, namespaces, nil
}

// exactCodes gives the codes whose name is spelt just as in the filter.
func exactCodes(reasons *symbols.Reasons, name string) []uint32 {
	var codes []uint32
	for _, code := range reasons.Code(name) {
		if _, spelt, ok := reasons.Name(code); ok && spelt == name {
			codes = append(codes, code)
		}
	}
	return codes
}

// knownNamespaces are the inodes of names in a filter, or nothing if one of
// them is not there yet: it may come while we watch.
func knownNamespaces(names *owner.Names, list []string) []uint32 {
	var inodes []uint32
	for _, name := range list {
		inode, err := names.Namespaces.NamespaceByName(name)
		if err != nil || names.Namespaces.Name(inode) != name {
			return nil
		}
		inodes = append(inodes, inode)
	}
	return inodes
}

// validInterfaces leaves names that no interface can have to the filter.
func validInterfaces(list []string) []string {
	for _, name := range list {
		if name == "" || len(name) > 15 {
			return nil
		}
	}
	return list
}

// tellable refuses what the source cannot tell: it would match nothing, in
// silence.
func (c *Config) tellable(source dropmon.Source) error {
	if missing := c.asked() &^ source.Tells(); missing != 0 {
		return fmt.Errorf("source %s cannot tell %s: use --source ebpf, or leave it out", source.Name(), missing)
	}
	return nil
}

// packetText is the expression of the packet filter, if there is one.
func (c *Config) packetText() string {
	if c.PacketFilter == nil {
		return ""
	}
	return c.PacketFilter.Text
}
