package dropmon

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func flowFrom(port uint16) Flow {
	return Flow{
		Source:      netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), port),
		Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), 9),
	}
}

// full is a drop with every attribute.
func full() Drop {
	return Drop{
		Packets: 2, Buffers: 1, Bytes: 100, First: noon, Last: noon,
		Location: 0x10, Reason: Reason{Code: 3, Subsystem: "core", Name: "NO_SOCKET"}, Trap: Trap{Group: "l2", Name: "vlan"},
		Interface: Interface{2, "eth0"}, NetNS: NetNS{7, "blue"},
		Protocol: EtherTypeIPv4, Transport: transportUDP, Flags: FlagReset | FlagMulticast,
		Class: Peer, Socket: 5, Process: Process{8, "named"}, Flow: flowFrom(1), Length: 50,
	}
}

// TestGroupingTellsApart changes one attribute of a drop: exactly the rows that
// are grouped by it must fall apart.
func TestGroupingTellsApart(t *testing.T) {
	all := ByReason | ByLocation | ByNetNS | ByInterface | ByProtocol | ByProcess | ByFlow
	for name, test := range map[string]struct {
		by     By
		change func(*Drop)
	}{
		"reason":          {ByReason, func(d *Drop) { d.Reason.Code = 4 }},
		"trap":            {ByReason, func(d *Drop) { d.Trap.Name = "mtu" }},
		"location":        {ByLocation, func(d *Drop) { d.Location++ }},
		"netns":           {ByNetNS, func(d *Drop) { d.NetNS = NetNS{8, "red"} }},
		"interface":       {ByInterface, func(d *Drop) { d.Interface = Interface{3, "eth1"} }},
		"protocol":        {ByProtocol, func(d *Drop) { d.Protocol = EtherTypeIPv6 }},
		"transport":       {ByProtocol, func(d *Drop) { d.Transport = transportTCP }},
		"process":         {ByProcess, func(d *Drop) { d.Process.PID++ }},
		"process's name":  {ByProcess, func(d *Drop) { d.Process.Name = "other" }},
		"source":          {ByFlow, func(d *Drop) { d.Flow.Source = flowFrom(2).Source }},
		"destination":     {ByFlow, func(d *Drop) { d.Flow.Destination = flowFrom(2).Source }},
		"class":           {all, func(d *Drop) { d.Class = Loss }},
		"origin":          {all, func(d *Drop) { d.Origin = Hardware }},
		"want of room":    {all, func(d *Drop) { d.Unkeyed = true }},
		"length":          {0, func(d *Drop) { d.Length++ }},
		"flags":           {0, func(d *Drop) { d.Flags = 0 }},
		"socket":          {0, func(d *Drop) { d.Socket++ }},
		"processor":       {0, func(d *Drop) { d.CPU++ }},
		"time":            {0, func(d *Drop) { d.Last = noon.Add(1) }},
		"namespace name":  {0, func(d *Drop) { d.NetNS.Name = "" }},
		"interface named": {0, func(d *Drop) { d.Interface.Name = "" }},
	} {
		for i := range byNames {
			by := By(1 << i)
			if name == "interface named" && by == ByInterface {
				continue // without the namespace the name is the key
			}
			a := Aggregate{By: by}
			one, two := full(), full()
			test.change(&two)
			a.Add(&one)
			a.Add(&two)
			want := 1
			if test.by&by != 0 {
				want = 2
			}
			if got := len(a.Groups()); got != want {
				t.Errorf("%s, by %s: %d rows, want %d", name, by, got, want)
			}
		}
	}
}

func TestGroupsByDefault(t *testing.T) {
	var a Aggregate
	one, two := full(), full()
	two.Flow, two.Process = flowFrom(2), Process{9, "other"}
	a.Add(&one)
	a.Add(&two)
	if got := len(a.Groups()); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestNarrow(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Drop)
		want   func(*Drop)
	}{
		"nothing":        {func(*Drop) {}, func(*Drop) {}},
		"reason":         {func(d *Drop) { d.Reason.Code = 4 }, func(d *Drop) { d.Reason = Reason{Code: NoReason} }},
		"trap":           {func(d *Drop) { d.Trap.Name = "mtu" }, func(d *Drop) { d.Trap = Trap{} }},
		"location":       {func(d *Drop) { d.Location++ }, func(d *Drop) { d.Location = 0 }},
		"interface":      {func(d *Drop) { d.Interface = Interface{3, "eth1"} }, func(d *Drop) { d.Interface = Interface{} }},
		"index":          {func(d *Drop) { d.Interface.Index = 3 }, func(d *Drop) { d.Interface.Index = 0 }},
		"name lost":      {func(d *Drop) { d.Interface.Name, d.NetNS.Name = "", "" }, func(*Drop) {}},
		"netns":          {func(d *Drop) { d.NetNS = NetNS{8, "red"} }, func(d *Drop) { d.NetNS, d.Interface.Index = NetNS{}, 0 }},
		"netns, no name": {func(d *Drop) { d.NetNS = NetNS{8, ""}; d.Interface.Name = "" }, func(d *Drop) { d.NetNS, d.Interface = NetNS{}, Interface{} }},
		"protocol":       {func(d *Drop) { d.Protocol = EtherTypeIPv6 }, func(d *Drop) { d.Protocol, d.Transport = 0, 0 }},
		"transport":      {func(d *Drop) { d.Transport = transportTCP }, func(d *Drop) { d.Transport = 0 }},
		"flags":          {func(d *Drop) { d.Flags = FlagMulticast | FlagTimeWait }, func(d *Drop) { d.Flags = FlagMulticast }},
		"socket":         {func(d *Drop) { d.Socket = 6 }, func(d *Drop) { d.Socket = 0 }},
		"process":        {func(d *Drop) { d.Process.PID = 9 }, func(d *Drop) { d.Process = Process{} }},
		"flow":           {func(d *Drop) { d.Flow = flowFrom(2) }, func(d *Drop) { d.Flow = Flow{} }},
		"length":         {func(d *Drop) { d.Length = 51 }, func(d *Drop) { d.Length = 0 }},
	} {
		a := Aggregate{By: ByReason, groups: map[groupKey]*Group{}}
		one, two := full(), full()
		test.change(&two)
		g := newGroup(&one)
		g.merge(&two)
		a.groups[groupKey{}] = g
		want := full()
		want.Packets, want.Buffers, want.Bytes = 4, 2, 200
		test.want(&want)
		if diff := cmp.Diff(want, a.Groups()[0].Drop, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// A name that is found only for a later drop is the row's.
func TestNamesFoundLate(t *testing.T) {
	var a Aggregate
	early, late := full(), full()
	early.Interface.Name, early.NetNS.Name = "", ""
	a.Add(&early)
	a.Add(&late)
	groups := a.Groups()
	if len(groups) != 1 || groups[0].Interface != (Interface{2, "eth0"}) || groups[0].NetNS != (NetNS{7, "blue"}) {
		t.Errorf("got %+v, want one row of eth0 in blue", groups)
	}
}

func TestTimes(t *testing.T) {
	var a Aggregate
	for _, minute := range []time.Duration{5, 3, 9, 4} {
		d := full()
		d.First, d.Last = noon.Add(minute*time.Minute), noon.Add(minute*time.Minute)
		a.Add(&d)
	}
	timeless := full()
	timeless.First, timeless.Last = time.Time{}, time.Time{}
	a.Add(&timeless)
	g := a.Groups()[0]
	if !g.First.Equal(noon.Add(3*time.Minute)) || !g.Last.Equal(noon.Add(9*time.Minute)) {
		t.Errorf("from %v to %v", g.First, g.Last)
	}
}

func sampleOf(port uint16, p Process) *Drop {
	d := full()
	d.Packets, d.Buffers, d.Bytes = 0, 0, 0
	d.Flow, d.Process, d.Packet = flowFrom(port), p, []byte{1}
	return &d
}

func TestSamples(t *testing.T) {
	a := Aggregate{}
	if a.Add(sampleOf(1, Process{})); len(a.Groups()) != 0 {
		t.Error("a row of no packets")
	}
	group := full()
	group.Flow, group.Length, group.Process = Flow{}, 0, Process{}
	a.Add(&group)
	a.Add(sampleOf(2, Process{}))
	a.Add(&group) // does not replace the sample
	g := a.Groups()[0]
	if g.Packets != 4 || g.Sample == nil || g.Sample.Flow != flowFrom(2) || g.Sample.Packet != nil {
		t.Errorf("got %d packets, sample %+v, want 4 and the newest sample without its bytes", g.Packets, g.Sample)
	}
	if g.Flow != (Flow{}) || g.Length != 0 {
		t.Errorf("the sample changed the row: %+v", g.Drop)
	}
}

// A group that is told apart by its flow has no length of one packet, so it is
// no sample.
func TestGroupIsNoSample(t *testing.T) {
	a := Aggregate{By: ByFlow}
	group := full()
	group.Length = 0
	a.Add(&group)
	if got := a.Groups()[0].Sample; got != nil {
		t.Errorf("sample %+v", got)
	}
	a.Add(sampleOf(1, Process{}))
	a.Add(&group)
	if got := a.Groups()[0].Sample; got == nil || got.Length != 50 {
		t.Errorf("sample %+v, want the packet", got)
	}
}

func TestSampleBeforeItsGroup(t *testing.T) {
	var a Aggregate
	a.Add(sampleOf(1, Process{8, "named"}))
	group := full()
	group.Flow, group.Length, group.Process = Flow{}, 0, Process{}
	a.Add(&group)
	g := a.Groups()[0]
	if g.Packets != 2 || g.Sample == nil || g.Owner != (Process{8, "named"}) || g.Length != 0 {
		t.Errorf("got %+v, sample %+v, owner %v", g.Drop, g.Sample, g.Owner)
	}
}

func TestOwner(t *testing.T) {
	named, other := Process{8, "named"}, Process{9, "other"}
	for name, test := range map[string]struct {
		samples []Process
		want    Process
	}{
		"none":             {nil, Process{}},
		"nobody":           {[]Process{{}}, Process{}},
		"one":              {[]Process{named}, named},
		"the same":         {[]Process{named, {}, named}, named},
		"two":              {[]Process{named, other}, Process{}},
		"two, then one":    {[]Process{named, other, named, named}, Process{}},
		"nobody, then one": {[]Process{{}, other}, other},
	} {
		a := Aggregate{}
		group := full()
		group.Process, group.Flow = Process{}, Flow{}
		a.Add(&group)
		for _, p := range test.samples {
			a.Add(sampleOf(1, p))
		}
		groups := a.Groups()
		if got := groups[0].Owner; got != test.want {
			t.Errorf("%s: owner %v, want %v", name, got, test.want)
		}
		// the same through another Aggregate
		var b Aggregate
		b.AddGroup(&groups[0])
		if got := b.Groups()[0].Owner; got != test.want {
			t.Errorf("%s: owner of the added group %v, want %v", name, got, test.want)
		}
	}
}

func TestAddGroupMixesOwners(t *testing.T) {
	for name, owners := range map[string][]Group{
		"differ":       {{Owner: Process{1, "a"}}, {Owner: Process{2, "b"}}},
		"mixed":        {{Owner: Process{1, "a"}}, {mixed: true}},
		"mixed before": {{mixed: true}, {Owner: Process{1, "a"}}},
	} {
		var a Aggregate
		for _, g := range owners {
			g.Drop = full()
			g.Process, g.Flow = Process{}, Flow{}
			a.AddGroup(&g)
		}
		if got := a.Groups()[0]; got.Owner != (Process{}) || got.Packets != 4 {
			t.Errorf("%s: owner %v, %d packets", name, got.Owner, got.Packets)
		}
	}
}

func TestLimit(t *testing.T) {
	a := Aggregate{By: ByLocation, Limit: 3}
	for location := range uint64(10) {
		d := Drop{Packets: location + 1, Buffers: 1, Bytes: 10, Location: location, First: noon, Last: noon}
		a.Add(&d)
		a.Add(&d)
		sample := Drop{Location: location, Packet: []byte{1}}
		a.Add(&sample)
	}
	groups := a.Groups()
	if len(groups) != 4 {
		t.Fatalf("%d rows, want 3 and the rest", len(groups))
	}
	for i, want := range []uint64{6, 4, 2, 2 * (4 + 5 + 6 + 7 + 8 + 9 + 10)} {
		if groups[i].Packets != want || groups[i].Other != (i == 3) {
			t.Errorf("row %d: %d packets, other %t; want %d", i, groups[i].Packets, groups[i].Other, want)
		}
	}
	if other := groups[3]; other.Buffers != 14 || other.Bytes != 140 || !other.First.Equal(noon) {
		t.Errorf("rest %+v", other.Drop)
	}
	var b Aggregate
	for i := range groups {
		b.AddGroup(&groups[i])
		b.AddGroup(&groups[i])
	}
	if got := b.Groups(); !got[len(got)-1].Other || got[len(got)-1].Packets != 2*98 {
		t.Errorf("the rest of the rest: %+v", got[len(got)-1])
	}
}

// Samples that find no room make no row of nothing.
func TestLimitOfSamples(t *testing.T) {
	a := Aggregate{By: ByLocation, Limit: 1}
	a.Add(&Drop{Packets: 1, Buffers: 1, Location: 1})
	a.Add(&Drop{Location: 2, Packet: []byte{1}})
	if got := a.Groups(); len(got) != 1 {
		t.Errorf("%d rows, want 1", len(got))
	}
}

func TestReset(t *testing.T) {
	a := Aggregate{Limit: 1}
	one, two := full(), full()
	two.Location++
	a.Add(&one)
	a.Add(&two)
	a.Reset()
	if got := a.Groups(); len(got) != 0 {
		t.Errorf("%d rows after Reset", len(got))
	}
	if a.Add(&two); len(a.Groups()) != 1 || a.Groups()[0].Other {
		t.Error("no room after Reset")
	}
}

// The order does not depend on the order of a map.
func TestOrder(t *testing.T) {
	by := ByReason | ByLocation | ByNetNS | ByInterface | ByProtocol | ByProcess | ByFlow
	a := Aggregate{By: by}
	var changes []func(*Drop)
	for i := range uint32(3) {
		changes = append(changes,
			func(d *Drop) { d.Reason.Name, d.Reason.Code = string('A'+rune(i)), 100+i },
			func(d *Drop) { d.Location = uint64(i) },
			func(d *Drop) { d.NetNS.Inode = 20 + i },
			func(d *Drop) { d.Interface.Index = 20 + i },
			func(d *Drop) { d.Protocol = uint16(1 + i) },
			func(d *Drop) { d.Transport = uint8(1 + i) },
			func(d *Drop) { d.Flow = flowFrom(uint16(50 + i)) },
			func(d *Drop) { d.Process.PID = int(20 + i) },
			func(d *Drop) { d.Class = []Class{Loss, Policy, Proto}[i] },
			func(d *Drop) { d.Packets = uint64(10 + i) },
		)
	}
	for _, change := range changes {
		d := full()
		change(&d)
		a.Add(&d)
	}
	first := a.Groups()
	if !slices.IsSortedFunc(first, func(x, y Group) int { return int(y.Packets) - int(x.Packets) }) {
		t.Error("not sorted by packets")
	}
	for range 20 {
		if diff := cmp.Diff(first, a.Groups(), cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.IgnoreUnexported(Group{})); diff != "" {
			t.Fatalf("another order\n%s", diff)
		}
	}
}

func TestParseBy(t *testing.T) {
	for list, want := range map[string]By{
		"reason":               ByReason,
		"reason,netns":         ByReason | ByNetNS,
		" flow , process ":     ByFlow | ByProcess,
		"reason,reason":        ByReason,
		DefaultBy.String():     DefaultBy,
		"interface,protocol":   ByInterface | ByProtocol,
		"location,flow,reason": ByLocation | ByFlow | ByReason,
	} {
		if got, err := ParseBy(list); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", list, got, err, want)
		}
	}
	for _, list := range []string{"", ",", "Reason", "reason,", "reasons", "reason netns"} {
		if got, err := ParseBy(list); err == nil || got != 0 {
			t.Errorf("%q: got %v, want an error", list, got)
		}
	}
	for by := By(1); by < 1<<len(byNames); by++ {
		if got, err := ParseBy(by.String()); err != nil || got != by {
			t.Errorf("%v: got %v, %v", by, got, err)
		}
	}
	if got := (ByFlow | ByProcess).Detail(); got != DetailFlow|DetailSocket {
		t.Errorf("detail %b", got)
	}
	if got := DefaultBy.Detail(); got != 0 {
		t.Errorf("detail of the default %b", got)
	}
}
