package dropmon

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// By is the set of attributes that rows are told apart by.
type By uint8

// Attributes to group by. Location is the address, protocol includes the
// transport.
const (
	ByReason By = 1 << iota
	ByLocation
	ByNetNS
	ByInterface
	ByProtocol
	ByProcess
	ByFlow
	// BySocket keeps sockets apart whose process is not known yet. It has no
	// name, because nobody wants to read socket numbers.
	BySocket

	// DefaultBy is what groups cost nothing extra to be told apart by.
	DefaultBy = ByReason | ByLocation | ByNetNS | ByInterface | ByProtocol
)

var byNames = []string{"reason", "location", "netns", "interface", "protocol", "process", "flow"}

// ByNames lists the names that ParseBy knows.
func ByNames() []string { return slices.Clone(byNames) }

// ParseBy reads a list such as "reason,netns".
func ParseBy(list string) (By, error) {
	var by By
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(byNames, strings.TrimSpace(name))
		if i < 0 {
			return 0, fmt.Errorf("cannot group by %q: use a list of %s", name, strings.Join(byNames, ","))
		}
		by |= 1 << i
	}
	return by, nil
}

func (b By) String() string {
	var names []string
	for i, name := range byNames {
		if b&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// Detail is what a source must tell apart for these rows to be exact.
func (b By) Detail() Detail {
	var detail Detail
	if b&ByFlow != 0 {
		detail |= DetailFlow
	}
	if b&ByProcess != 0 {
		detail |= DetailSocket
	}
	return detail
}

// maxGroups is the default bound of an Aggregate.
const maxGroups = 16384

// An Aggregate adds drops up to groups. Its zero value groups by DefaultBy. It
// is not safe for concurrent use.
type Aggregate struct {
	By    By  // 0 means DefaultBy
	Limit int // number of groups; 0 means 16384

	groups map[groupKey]*Group
	other  *Group
}

// A Group is a row: drops that are alike in what they are grouped by.
type Group struct {
	// Drop holds the sums and what the drops have in common. Attributes in
	// which they differ are empty.
	Drop
	// Sample is one of the packets, if the source gave one. Its Packet is
	// not kept.
	Sample *Drop
	// Owner is the process that all samples with a process belonged to; zero
	// if there was none or they differ.
	Owner Process
	mixed bool // owners differ
	// Other marks the group of all drops that found no room.
	Other bool
}

// groupKey is comparable; what is not grouped by is zero.
type groupKey struct {
	class     Class
	origin    Origin
	reason    Reason
	trap      Trap
	location  uint64
	netns     uint32
	ifindex   uint32
	ifname    string
	protocol  uint16
	transport uint8
	process   Process
	socket    uint64
	flow      Flow
	unkeyed   bool
}

func (a *Aggregate) key(d *Drop) groupKey {
	k := groupKey{class: d.Class, origin: d.Origin, unkeyed: d.Unkeyed}
	by := a.by()
	if by&ByReason != 0 {
		k.reason, k.trap = d.Reason, d.Trap
	}
	if by&ByLocation != 0 {
		k.location = d.Location
	}
	if by&ByNetNS != 0 {
		k.netns = d.NetNS.Inode
	}
	if by&ByInterface != 0 {
		// The index is sure inside its namespace; a name may be found late.
		if i := d.Interface; i.Index != 0 && (by&ByNetNS != 0 || i.Name == "") {
			k.ifindex = i.Index
		} else {
			k.ifname = i.Name
		}
	}
	if by&ByProtocol != 0 {
		k.protocol, k.transport = d.Protocol, d.Transport
	}
	if by&ByProcess != 0 {
		k.process = d.Process
	}
	if by&BySocket != 0 {
		k.socket = d.Socket
	}
	if by&ByFlow != 0 {
		k.flow = d.Flow
	}
	return k
}

func (a *Aggregate) by() By {
	if a.By == 0 {
		return DefaultBy
	}
	return a.By
}

// Add counts a drop, or notes a sample (a drop of no packets) of a group that
// is there.
func (a *Aggregate) Add(d *Drop) {
	if a.groups == nil {
		a.groups = make(map[groupKey]*Group)
	}
	key := a.key(d)
	g := a.groups[key]
	switch {
	case g != nil:
		g.merge(d)
	case len(a.groups) < cmp.Or(a.Limit, maxGroups):
		g = newGroup(d)
		a.groups[key] = g
	case d.Packets > 0 || d.Buffers > 0:
		a.addOther(d)
	}
}

func (a *Aggregate) addOther(d *Drop) {
	if a.other == nil {
		a.other = &Group{Other: true}
	}
	a.other.add(d)
}

// AddGroup counts a group of another Aggregate.
func (a *Aggregate) AddGroup(g *Group) {
	if g.Other {
		a.addOther(&g.Drop)
		return
	}
	a.Add(&g.Drop)
	to := a.groups[a.key(&g.Drop)]
	if to == nil { // went to the others
		return
	}
	if g.Sample != nil {
		sample := *g.Sample
		to.Sample = &sample
	}
	to.own(g.Owner)
	if g.mixed {
		to.Owner, to.mixed = Process{}, true
	}
}

func newGroup(d *Drop) *Group {
	g := &Group{Drop: *d}
	g.Packet = nil
	g.sample(d)
	return g
}

// sample keeps the newest packet seen, which is the likeliest to be still
// going on.
func (g *Group) sample(d *Drop) {
	if d.Packet == nil && (!d.Flow.Source.IsValid() || d.Length == 0) {
		return // a group, of which no single packet is known
	}
	if g.Sample == nil {
		g.Sample = new(Drop) // one for all: packets may come fast
	}
	*g.Sample = *d
	g.Sample.Packet = nil
	g.own(d.Process)
}

// Resolve lets fill name processes that were not known when the drops came.
func (g *Group) Resolve(fill func(*Drop)) {
	if g.Process.PID == 0 && g.Socket != 0 {
		fill(&g.Drop)
	}
	if s := g.Sample; s != nil && s.Process.PID == 0 && s.Socket != 0 {
		named := *s
		fill(&named)
		g.Sample = &named
		g.own(named.Process)
	}
}

func (g *Group) own(p Process) {
	switch {
	case p == Process{} || g.mixed || g.Owner == p:
	case g.Owner == Process{}:
		g.Owner = p
	default:
		g.Owner, g.mixed = Process{}, true
	}
}

func (g *Group) add(d *Drop) {
	g.Packets += d.Packets
	g.Buffers += d.Buffers
	g.Bytes += d.Bytes
	if g.First.IsZero() || !d.First.IsZero() && d.First.Before(g.First) {
		g.First = d.First
	}
	if d.Last.After(g.Last) {
		g.Last = d.Last
	}
}

func (g *Group) merge(d *Drop) {
	g.sample(d)
	if d.Packets == 0 && d.Buffers == 0 {
		return
	}
	if g.Packets == 0 && g.Buffers == 0 { // only samples until now
		sample, owner, mixed := g.Sample, g.Owner, g.mixed
		*g = *newGroup(d)
		if g.Sample == nil {
			g.Sample, g.Owner, g.mixed = sample, owner, mixed
		}
		return
	}
	g.add(d)
	g.narrow(d)
}

// narrow empties the attributes in which the group's drops differ.
func (g *Group) narrow(d *Drop) {
	if g.Reason != d.Reason {
		g.Reason = Reason{Code: NoReason}
	}
	if g.Trap != d.Trap {
		g.Trap = Trap{}
	}
	if g.Location != d.Location {
		g.Location = 0
	}
	g.narrowInterface(d)
	if g.NetNS.Inode != d.NetNS.Inode {
		g.NetNS = NetNS{}
	} else if g.NetNS.Name == "" {
		g.NetNS.Name = d.NetNS.Name
	}
	if g.Protocol != d.Protocol {
		g.Protocol, g.Transport = 0, 0
	}
	if g.Transport != d.Transport {
		g.Transport = 0
	}
	g.Flags &= d.Flags
	if g.Socket != d.Socket {
		g.Socket = 0
	}
	if g.Process != d.Process {
		g.Process = Process{}
	}
	if g.Flow != d.Flow {
		g.Flow = Flow{}
	}
	if g.Length != d.Length {
		g.Length = 0
	}
}

// narrowInterface keeps the name alone where only that is the same. The name of
// an interface may be found later than its first drop.
func (g *Group) narrowInterface(d *Drop) {
	i := d.Interface
	switch {
	case g.Interface.Index != i.Index || g.NetNS.Inode != d.NetNS.Inode:
		g.Interface = Interface{Name: same(g.Interface.Name, i.Name)}
	case g.Interface.Name == "":
		g.Interface.Name = i.Name
	case i.Name != "":
		g.Interface.Name = same(g.Interface.Name, i.Name)
	}
}

// copy is a group that changes no more.
func (g *Group) copy() Group {
	c := *g
	if g.Sample != nil {
		sample := *g.Sample
		c.Sample = &sample
	}
	return c
}

func same(a, b string) string {
	if a != b {
		return ""
	}
	return a
}

// Groups returns the groups that have packets, those with most packets first,
// and last the group of the rest if there is one. They are the caller's.
func (a *Aggregate) Groups() []Group {
	var groups []Group
	for g := range maps.Values(a.groups) {
		if g.Packets > 0 || g.Buffers > 0 {
			groups = append(groups, g.copy())
		}
	}
	slices.SortFunc(groups, func(x, y Group) int {
		return cmp.Or(
			cmp.Compare(y.Packets, x.Packets),
			cmp.Compare(x.Reason.Name, y.Reason.Name),
			cmp.Compare(x.Location, y.Location),
			cmp.Compare(x.NetNS.Inode, y.NetNS.Inode),
			cmp.Compare(x.Interface.Index, y.Interface.Index),
			cmp.Compare(x.Protocol, y.Protocol),
			cmp.Compare(x.Transport, y.Transport),
			x.Flow.Source.Compare(y.Flow.Source),
			x.Flow.Destination.Compare(y.Flow.Destination),
			cmp.Compare(x.Process.PID, y.Process.PID),
			cmp.Compare(x.Class, y.Class),
		)
	})
	if a.other != nil {
		groups = append(groups, a.other.copy())
	}
	return groups
}

// Reset forgets all drops.
func (a *Aggregate) Reset() {
	a.groups, a.other = nil, nil
}
