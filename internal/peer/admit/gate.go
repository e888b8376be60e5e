package admit

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// A Config says what a Gate takes. The zero value of each but Known and Marks
// has a default.
type Config struct {
	// Known is the store of keys. The gate adds those it accepts.
	Known *identity.Known
	// Marks is the file of the highest epoch and sequence of each host.
	Marks string
	// Networks that packets may come from. None means all.
	Networks []netip.Prefix
	// PacketRate is how many packets of any kind one IPv4 address or IPv6 /64 may
	// send per second; twice as many at once. It bounds what decryption costs.
	// Default 2000.
	PacketRate float64
	// SourceRate is how many records one IPv4 address or IPv6 /64 may send per
	// second; twice as many at once. Default 200.
	SourceRate float64
	// StrangerRate is how many records all sources that have sent no good
	// record yet may send per second; twice as many at once. It bounds what
	// signatures of a flood cost. Default 1000.
	StrangerRate float64
	// HostRate is how many packets one host may send per second; the parts of
	// four records at once. Default 16.
	HostRate float64
	// Sources is how many sources are remembered, half of them strangers.
	// Default 4096.
	Sources int
	// Proven are sources that sent good records before a restart, the latest
	// last. They are no strangers.
	Proven []netip.Addr
	// Skew is how far the time of a record may be from ours. Default 2
	// minutes.
	Skew time.Duration
	// Ahead is how many records of each host a killed agent does not take
	// after its next start. Default 2.
	Ahead uint64
}

// A Gate decides about packets. Its methods may be called concurrently. Admit
// blocks for a write to the disk now and then, see the package comment;
// CheckSource never does.
type Gate struct {
	known     *identity.Known
	path      string
	networks  []netip.Prefix
	hostRate  rate
	strangers rate
	skew      time.Duration
	ahead     uint64

	mu       sync.Mutex
	counts   Counts
	refusals [verdicts]Refusal
	proven   *sources // sent a good record
	others   *sources
	packets  *sources // whatever they send
	stranger bucket   // of all others
	hosts    map[identity.ID]*host
	saves    bucket
	saveErr  error
	saveAt   time.Time // of the last try
	dirty    bool      // a mark is used up
}

// New reads the marks. A broken file is an error that names the cure.
func New(c Config) (*Gate, error) {
	marks, err := loadMarks(c.Marks)
	if err != nil {
		return nil, err
	}
	perSource := cmp.Or(c.SourceRate, 200)
	each := rate{perSource, 2 * perSource}
	perPacket := cmp.Or(c.PacketRate, 2000)
	all := cmp.Or(c.StrangerRate, 1000)
	most := max(cmp.Or(c.Sources, 4096)/2, 1)
	g := &Gate{
		known: c.Known, path: c.Marks, networks: slices.Clone(c.Networks),
		hostRate: rate{cmp.Or(c.HostRate, 16), 4 * record.MaxParts}, strangers: rate{all, 2 * all},
		skew: cmp.Or(c.Skew, 2*time.Minute), ahead: cmp.Or(c.Ahead, 2),
		proven: newSources(most, each), others: newSources(most, each), packets: newSources(2*most, rate{perPacket, 2 * perPacket}),
		hosts: map[identity.ID]*host{},
	}
	for _, addr := range c.Proven {
		if addr.IsValid() {
			g.proven.take(originOf(addr), time.Time{})
		}
	}
	g.stranger, g.saves = g.strangers.full(time.Time{}), saveRate.full(time.Time{})
	for id, m := range marks {
		if _, ok := g.known.Lookup(id); ok {
			g.hosts[id] = &host{last: m, came: allParts, saved: m, rate: g.hostRate.full(time.Time{})}
		}
	}
	return g, nil
}

// CheckPacket decides whether a packet may come from a source at all, and counts
// it for the source. Call it before the packet is decrypted. A source that is not
// valid may always.
func (g *Gate) CheckPacket(source netip.AddrPort, now time.Time) Verdict {
	v := g.checkNetwork(source)
	if v == Taken && source.IsValid() {
		g.mu.Lock()
		if !g.packets.take(originOf(source.Addr()), now) {
			v = PacketRate
		}
		g.mu.Unlock()
	}
	if v != Taken {
		g.refuse(v, source, identity.ID{}, now)
	}
	return v
}

func (g *Gate) checkNetwork(source netip.AddrPort) Verdict {
	addr := source.Addr().Unmap().WithZone("") // no network contains one with a zone
	if !addr.IsValid() || len(g.networks) == 0 || slices.ContainsFunc(g.networks, func(n netip.Prefix) bool { return n.Contains(addr) }) {
		return Taken
	}
	return Network
}

// CheckSource is CheckPacket for connections, whose sources cannot be invented: they
// count like records.
func (g *Gate) CheckSource(source netip.AddrPort, now time.Time) Verdict {
	v := g.checkNetwork(source)
	if v == Taken {
		v = g.spend(source, now)
	}
	if v != Taken {
		g.refuse(v, source, identity.ID{}, now)
	}
	return v
}

// spend counts something that a source has the gate do.
func (g *Gate) spend(source netip.AddrPort, now time.Time) Verdict {
	if !source.IsValid() {
		return Taken
	}
	o := originOf(source.Addr())
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.proven.has(o):
		if !g.proven.take(o, now) {
			return SourceRate
		}
	case !g.others.take(o, now):
		return SourceRate
	case !g.stranger.take(g.strangers, now):
		return StrangerRate
	}
	return Taken
}

// Admit decides about a packet of a source that CheckPacket let through, at time
// now. If it is taken the verdict is Taken, the packet is decoded, with a Raw that
// is the memory of the caller, and the source is no stranger any more. A source that
// is not valid says that a member handed the packet on: then only what is signed
// counts, not where it came from.
func (g *Gate) Admit(packet []byte, source netip.AddrPort, now time.Time) (*record.Packet, Verdict) {
	h, err := record.ParseHeader(packet)
	if err != nil {
		v := verdictOf(err)
		g.refuse(v, source, identity.ID{}, now)
		return nil, v
	}
	p, v := g.admit(packet, &h, source, now)
	if v != Taken {
		g.refuse(v, source, h.Host, now)
		return nil, v
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts[Taken]++
	if source.IsValid() && !g.proven.has(originOf(source.Addr())) {
		g.proven.take(originOf(source.Addr()), now)
	}
	return p, Taken
}

func verdictOf(err error) Verdict {
	switch {
	case errors.Is(err, record.ErrLong):
		return TooLarge
	case errors.Is(err, record.ErrShort):
		return TooShort
	case errors.Is(err, record.ErrMagic):
		return NotRecord
	case errors.Is(err, record.ErrVersion):
		return Version
	case errors.Is(err, identity.ErrChanged):
		return NameTaken
	case errors.Is(err, identity.ErrNotAllowed), errors.Is(err, identity.ErrNotKnown):
		return NotAllowed
	case errors.Is(err, identity.ErrTooMany):
		return TooManyHosts
	case errors.Is(err, identity.ErrName):
		return BadPayload
	}
	return Malformed
}

// admit makes the checks of what a packet says.
func (g *Gate) admit(packet []byte, h *record.Header, source netip.AddrPort, now time.Time) (*record.Packet, Verdict) {
	known, ok := g.known.Lookup(h.Host)
	key := known.Key
	if !ok {
		if err := g.known.MayAccept(h.Host); err != nil {
			return nil, verdictOf(err)
		}
		if key = h.Key; key == nil || h.Part != 0 {
			return nil, UnknownKey
		}
	}
	if v := g.checkNew(h, now); v != Taken {
		return nil, v
	}
	if v := g.spend(source, now); v != Taken {
		return nil, v
	}
	if record.Verify(packet, key) != nil {
		return nil, Forged
	}
	if ok {
		if v := g.take(h, now); v != Taken {
			return nil, v
		}
	}
	p, err := record.Decode(packet)
	if err != nil {
		return nil, BadPayload
	}
	if v := g.name(p, known, ok); v != Taken {
		return nil, v
	}
	if !ok {
		if v := g.take(h, now); v != Taken {
			return nil, v
		}
	}
	return p, Taken
}

// name binds a host to the name it gives, which parts after the first do not.
func (g *Gate) name(p *record.Packet, known identity.Host, ok bool) Verdict {
	switch {
	case p.Report.Host == nil && ok:
		return Taken
	case p.Report.Host == nil:
		return BadPayload
	case ok && p.Report.Host.Name == known.Name:
		return Taken
	}
	key := known.Key
	if !ok {
		key = p.Key
	}
	if err := g.known.Accept(p.Report.Host.Name, key); err != nil {
		return verdictOf(err)
	}
	return Taken
}

// checkNew looks at what stops a packet before its signature is checked.
func (g *Gate) checkNew(h *record.Header, now time.Time) Verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	if host, ok := g.hosts[h.Host]; ok {
		if v := host.check(h); v != Taken {
			return v
		}
	}
	if h.Time.Sub(now).Abs() > g.skew {
		return Skew
	}
	return Taken
}

// take notes a packet whose signature is right. Another one of the same host
// may have been taken since it was checked.
func (g *Gate) take(h *record.Header, now time.Time) Verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	to, ok := g.hosts[h.Host]
	if !ok {
		to = &host{rate: g.hostRate.full(now)}
		g.hosts[h.Host] = to
	}
	if v := to.check(h); v != Taken {
		return v
	}
	if !to.rate.take(g.hostRate, now) {
		return HostRate
	}
	next := mark{h.Epoch, h.Sequence}
	if !g.reserve(to, next, now) {
		return Unsaved
	}
	to.take(h)
	if next == to.saved {
		g.dirty = true // Save moves the mark before it is needed
	}
	return Taken
}

func (g *Gate) refuse(v Verdict, source netip.AddrPort, host identity.ID, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts[v]++
	if last := &g.refusals[v]; last.Time.IsZero() || now.Sub(last.Time).Abs() >= refusalEvery {
		*last = Refusal{Verdict: v, Time: now, Source: source, Host: host}
	}
}
