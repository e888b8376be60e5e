package peer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Nobody is at these. The kernel tells from which address it would send to them.
const (
	elsewhere4 = "192.0.2.1:9"
	elsewhere6 = "[2001:db8::1]:9"
)

// FinalAdvertiseAddr is where others reach this host: the address it listens at
// or, if those are all, the one it sends from.
func (s *sockets) FinalAdvertiseAddr(ip string, port int) (net.IP, int, error) {
	if ip != "" {
		address, err := netip.ParseAddr(ip)
		if err != nil {
			return nil, 0, fmt.Errorf("tell others an address: %w", err)
		}
		return address.Unmap().AsSlice(), port, nil
	}
	at := unmapped(s.udp.LocalAddr().(*net.UDPAddr).AddrPort())
	address := at.Addr()
	if address.IsUnspecified() {
		var err error
		if address, err = ownAddress(address.Is6()); err != nil {
			return nil, 0, err
		}
	}
	return address.AsSlice(), int(at.Port()), nil
}

// ownAddress prefers that of the default route, and IPv4.
func ownAddress(also6 bool) (netip.Addr, error) {
	if a, ok := sendsFrom("udp4", elsewhere4); ok {
		return a, nil
	}
	if a, ok := sendsFrom("udp6", elsewhere6); ok && also6 {
		return a, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("find an address to tell others: %w", err)
	}
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().IsGlobalUnicast() && (prefix.Addr().Is4() || also6) {
			return prefix.Addr(), nil
		}
	}
	return netip.Addr{}, errors.New("find an address to tell others: there is none but loopback; listen at an address of an interface instead of at all")
}

// sendsFrom sends nothing.
func sendsFrom(network, to string) (netip.Addr, bool) {
	c, err := net.Dial(network, to)
	if err != nil {
		return netip.Addr{}, false
	}
	defer c.Close()
	a := addressOf(c.LocalAddr()).Addr()
	return a, a.IsValid() && a.IsGlobalUnicast()
}
