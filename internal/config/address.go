package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// DefaultPort is that of the exchange among peers.
const DefaultPort = 1513

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: want HOST:PORT, such as 10.0.0.1:%d", address, DefaultPort)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %q: %q is no port", address, port)
	}
	return nil
}

// checkBind wants an address of an interface: what a name means could change.
func checkBind(address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" { // all addresses
		return err
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return fmt.Errorf("address %q: %q is no address of an interface", address, host)
	}
	return nil
}

// checkListen takes what can be listened at: without a host this one, and port 0
// for any.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: want HOST:PORT, such as 127.0.0.1:1514", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("address %q: %q is no port", address, port)
	}
	return nil
}
