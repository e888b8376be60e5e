package counters

import (
	"errors"

	"dropwatch/counters/firewall"
	"dropwatch/counters/procfile"
)

// A source is one place that counters come from, opened inside a namespace. It
// appends what it shows to a sample. An error means that it was not read whole;
// errAbsent, that there is nothing to read.
type source func(*Sample) error

// An opener opens a source inside a namespace.
type opener struct {
	name string
	open func(*place) (source, error)
}

// errAbsent means that the kernel or the namespace does not have a source.
var errAbsent = errors.New("not shown here")

// openers lists all sources in the order they are read. Interfaces come first,
// since others want their names.
func openers() []opener {
	all := []opener{
		{"link", openLink},
		{"qdisc", openQdisc},
		{"ethtool", openEthtool},
	}
	for _, file := range procfile.Files() {
		all = append(all, opener{file.Source, func(p *place) (source, error) { return openProc(p, file) }})
	}
	for _, kind := range socketKinds() {
		all = append(all, opener{kind.source, func(p *place) (source, error) { return openSocket(p, kind) }})
	}
	for _, system := range []firewall.System{firewall.NFTables, firewall.IPTables, firewall.IP6Tables} {
		all = append(all, opener{string(system), func(p *place) (source, error) { return openFirewall(p, system) }})
	}
	return all
}

// Sources lists the names of all sources.
func Sources() []string {
	var names []string
	for _, o := range openers() {
		names = append(names, o.name)
	}
	return names
}
