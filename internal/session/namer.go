package session

import (
	"strconv"

	"dropwatch/dropmon"
	"dropwatch/internal/bpf"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
	"dropwatch/symbols"
)

// A namer finds the names that the kernel knows: of reasons and functions, and
// with them what a drop means.
type namer struct {
	reasons *symbols.Reasons
	base    *explain.Base
	symbols *symbols.Resolver
	kernel  *bpf.SymbolNamer // nil where the kernel cannot be asked
	// recorded replaces symbols where drops are of another host.
	recorded func(address uint64) symbols.Symbol

	subsystems map[string]string // of names of reasons
	locations  map[uint64]namedLocation
}

// A namedLocation is a location with the symbol that it was made of.
type namedLocation struct {
	symbol symbols.Symbol
	value  *report.Location
}

func newNamer(reasons *symbols.Reasons, base *explain.Base) *namer {
	n := &namer{reasons: reasons, base: base, subsystems: make(map[string]string), locations: make(map[uint64]namedLocation)}
	var config symbols.Config
	// Before 5.14, and where it is refused, kallsyms does the same, slower.
	if kernel, err := bpf.OpenSymbolNamer(); err == nil {
		n.kernel = kernel
		config.Kernel = kernel.Name
	}
	n.symbols = symbols.NewResolver(config)
	return n
}

func (n *namer) close() {
	if n.kernel != nil {
		n.kernel.Close()
	}
}

// name fills in reason and class, and returns what is not part of a drop.
func (n *namer) name(d *dropmon.Drop) (symbols.Symbol, explain.Verdict) {
	if d.Reason.Name == "" && d.Reason.Code != dropmon.NoReason && d.Origin == dropmon.Software {
		subsystem, name, ok := n.reasons.Name(d.Reason.Code)
		if !ok {
			name = n.reasons.Text(d.Reason.Code)
		}
		d.Reason.Subsystem, d.Reason.Name = subsystem, name
	}
	if d.Reason.Name != "" && d.Reason.Subsystem == "" {
		d.Reason.Subsystem = n.subsystem(d.Reason.Name)
	}
	symbol := n.symbol(d.Location)
	verdict := n.base.Classify(explain.Facts{
		Reason: d.Reason.Name, Subsystem: d.Reason.Subsystem, Function: symbol.Name,
		Protocol: d.Protocol, Transport: d.Transport, Flags: d.Flags,
		Trap: d.Trap.Name, TrapGroup: d.Trap.Group,
	})
	d.Class = verdict.Class
	return symbol, verdict
}

// maxLocations bounds what is remembered; a kernel drops at some hundred places.
const maxLocations = 4096

// location is an address as a report value, which must not be changed.
func (n *namer) location(address uint64) *report.Location {
	symbol := n.symbol(address)
	if l, ok := n.locations[address]; ok && l.symbol == symbol {
		return l.value
	}
	if len(n.locations) >= maxLocations {
		clear(n.locations)
	}
	value := &report.Location{
		Address: "0x" + strconv.FormatUint(address, 16), Symbol: symbol.Name,
		Offset: symbol.Offset, Size: symbol.Size, Module: symbol.Module,
	}
	n.locations[address] = namedLocation{symbol, value}
	return value
}

func (n *namer) symbol(location uint64) symbols.Symbol {
	if location == 0 {
		return symbols.Symbol{}
	}
	if n.recorded != nil {
		return n.recorded(location)
	}
	symbol, _ := n.symbols.Resolve(location)
	return symbol
}
