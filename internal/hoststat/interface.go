package hoststat

import (
	"time"

	"dropwatch/counters/rtstat"
)

// An Interface is a network interface of the namespace of the Reader.
type Interface struct {
	Index uint32 `json:"index"`
	Name  string `json:"name"`
	Kind  string `json:"kind,omitempty"` // such as "veth"
	// State is that of RFC 2863, such as "up", "down" or "unknown" (lo).
	State string `json:"state"`
	// Up is whether the administrator has switched it on.
	Up       bool               `json:"up"`
	Counters *InterfaceCounters `json:"counters,omitempty"`
	Rates    *InterfaceRates    `json:"rates,omitempty"`
}

// InterfaceCounters count since the interface came, as the kernel does in
// struct rtnl_link_stats64. Missed packets are those for which the hardware had
// no room; drivers differ in whether Dropped has them too.
type InterfaceCounters struct {
	RxBytes   uint64 `json:"rx_bytes"`
	RxPackets uint64 `json:"rx_packets"`
	RxErrors  uint64 `json:"rx_errors"`
	RxDropped uint64 `json:"rx_dropped"`
	RxMissed  uint64 `json:"rx_missed"`
	TxBytes   uint64 `json:"tx_bytes"`
	TxPackets uint64 `json:"tx_packets"`
	TxErrors  uint64 `json:"tx_errors"`
	TxDropped uint64 `json:"tx_dropped"`
}

// InterfaceRates are per second, over the time since the sample before.
type InterfaceRates struct {
	RxBytes   float64 `json:"rx_bytes"`
	RxPackets float64 `json:"rx_packets"`
	RxErrors  float64 `json:"rx_errors"`
	RxDropped float64 `json:"rx_dropped"`
	RxMissed  float64 `json:"rx_missed"`
	TxBytes   float64 `json:"tx_bytes"`
	TxPackets float64 `json:"tx_packets"`
	TxErrors  float64 `json:"tx_errors"`
	TxDropped float64 `json:"tx_dropped"`
}

// values are all counters, in the order of the rates.
func (c *InterfaceCounters) values() [9]*uint64 {
	return [...]*uint64{&c.RxBytes, &c.RxPackets, &c.RxErrors, &c.RxDropped, &c.RxMissed,
		&c.TxBytes, &c.TxPackets, &c.TxErrors, &c.TxDropped}
}

func (r *InterfaceRates) values() [9]*float64 {
	return [...]*float64{&r.RxBytes, &r.RxPackets, &r.RxErrors, &r.RxDropped, &r.RxMissed,
		&r.TxBytes, &r.TxPackets, &r.TxErrors, &r.TxDropped}
}

// countersOf takes over the statistics of a link; a link can be without.
func countersOf(stats []rtstat.Named) (InterfaceCounters, bool) {
	var c InterfaceCounters
	for i := range stats {
		s := &stats[i]
		switch s.Name {
		case "rx_bytes":
			c.RxBytes = s.Value
		case "rx_packets":
			c.RxPackets = s.Value
		case "rx_errors":
			c.RxErrors = s.Value
		case "rx_dropped":
			c.RxDropped = s.Value
		case "rx_missed_errors":
			c.RxMissed = s.Value
		case "tx_bytes":
			c.TxBytes = s.Value
		case "tx_packets":
			c.TxPackets = s.Value
		case "tx_errors":
			c.TxErrors = s.Value
		case "tx_dropped":
			c.TxDropped = s.Value
		}
	}
	// Every release of the struct has the fields up to this one.
	const enough = 16
	return c, len(stats) >= enough
}

// rates compares two readings into r. It is false if a counter went back: the
// interface is then another one, or its driver has begun anew.
func (c *InterfaceCounters) rates(before *InterfaceCounters, seconds float64, r *InterfaceRates) bool {
	if seconds <= 0 {
		return false
	}
	to := r.values()
	was := before.values()
	for i, now := range c.values() {
		if *now < *was[i] {
			return false
		}
		*to[i] = float64(*now-*was[i]) / seconds
	}
	return true
}

// linkHistory has the interfaces of the reading before, by index. The kernel
// gives an index anew only after 2^31 interfaces, or if it is told to.
type linkHistory struct {
	at    time.Time
	round uint64
	known map[uint32]*linkPast
}

type linkPast struct {
	counters InterfaceCounters
	round    uint64
}

// interfaces fills in the network interfaces, those with the lowest indexes
// first: the hardware is there before tunnels and containers.
func (r *Reader) interfaces(s *Status) {
	links, err := r.links()
	if err != nil {
		s.miss("interfaces", err)
		return
	}
	if over := len(links) - r.config.MaxInterfaces; over > 0 {
		links = links[:r.config.MaxInterfaces]
		s.leave(over, func(l *LeftOut) *int { return &l.Interfaces })
	}
	h := &r.linkHistory
	h.round++
	seconds := s.Time.Sub(h.at).Seconds()
	s.Interfaces = make([]Interface, len(links))
	now := make([]InterfaceCounters, len(links)) // one piece for all
	rates := make([]InterfaceRates, len(links))
	for i := range links {
		l, to := &links[i], &s.Interfaces[i]
		*to = Interface{
			Index: l.Index, Name: clean(l.Name, maxName), Kind: clean(l.Kind, maxName), State: l.State.String(), Up: l.Up(),
		}
		var ok bool
		if now[i], ok = countersOf(l.Stats); !ok {
			continue
		}
		to.Counters = &now[i]
		past, again := h.known[l.Index]
		if !again {
			past = &linkPast{}
			h.known[l.Index] = past
		} else if now[i].rates(&past.counters, seconds, &rates[i]) {
			to.Rates = &rates[i]
		}
		past.counters, past.round = now[i], h.round
	}
	for index, past := range h.known {
		if past.round != h.round {
			delete(h.known, index)
		}
	}
	h.at = s.Time
}
