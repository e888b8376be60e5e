package record

import (
	"fmt"
	"net/netip"
)

// A Report is what a host tells about itself. A nil pointer or list is not
// known, which is not the same as zero or empty.
//
// The tag "wire" numbers a field in the payload. Numbers are never used again
// for something else; new fields get new ones, which older versions skip.
type Report struct {
	Host   *Host   `json:"host,omitempty" wire:"1"`
	Status *Status `json:"status,omitempty" wire:"2"`
	Drops  *Drops  `json:"drops,omitempty" wire:"3"`
	// LeftOut counts what found no room in the parts of a record.
	LeftOut LeftOut `json:"left_out,omitzero" wire:"4"`
}

// A Host says who sends.
type Host struct {
	Name     string  `json:"name" wire:"1,max=64"`
	Kernel   string  `json:"kernel,omitempty" wire:"2,max=64"`
	Version  string  `json:"version,omitempty" wire:"3,max=48"` // of dropwatch
	Role     string  `json:"role,omitempty" wire:"4,max=16"`
	Interval float64 `json:"interval,omitempty" wire:"5,scale=1000"` // seconds until the next record
	// Boot is the same for all that run on one kernel since it was started, such
	// as agents in several containers, who see the same drops.
	Boot string `json:"boot,omitempty" wire:"6,max=16"`
}

// LeftOut is how many rows of each list are not in the record.
type LeftOut struct {
	Rows        uint64 `json:"rows,omitempty" wire:"1"` // of drops
	Counters    uint64 `json:"counters,omitempty" wire:"2"`
	Interfaces  uint64 `json:"interfaces,omitempty" wire:"3"`
	FileSystems uint64 `json:"file_systems,omitempty" wire:"4"`
	Users       uint64 `json:"users,omitempty" wire:"5"`
	Disks       uint64 `json:"disks,omitempty" wire:"6"`
}

// Any tells whether anything was left out.
func (l LeftOut) Any() bool { return l != LeftOut{} }

// An Endpoint is one end of a flow. Port 0 is none.
type Endpoint struct {
	Addr netip.Addr
	Port uint16
}

// IsZero tells whether the end is not known.
func (e Endpoint) IsZero() bool { return !e.Addr.IsValid() }

// String is address:port, or the bare address.
func (e Endpoint) String() string {
	switch {
	case e.IsZero():
		return ""
	case e.Port == 0:
		return e.Addr.String()
	}
	return netip.AddrPortFrom(e.Addr, e.Port).String()
}

// MarshalText is String.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText is ParseEndpoint, and takes nothing for no end.
func (e *Endpoint) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*e = Endpoint{}
		return nil
	}
	end, err := ParseEndpoint(string(text))
	if err == nil {
		*e = end
	}
	return err
}

// ParseEndpoint reads address:port or a bare address, without a zone.
func ParseEndpoint(text string) (Endpoint, error) {
	if end, err := netip.ParseAddrPort(text); err == nil {
		return Endpoint{Addr: end.Addr().WithZone(""), Port: end.Port()}, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return Endpoint{}, fmt.Errorf("parse end of a flow: %w", err)
	}
	return Endpoint{Addr: addr.WithZone("")}, nil
}
