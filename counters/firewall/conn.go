package firewall

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A Conn reads the rules of one namespace. Only one goroutine at a time may
// use it.
type Conn struct {
	dump    *nldump.Conn
	ip, ip6 *tables
	reader  reader
}

// Open opens a connection to the kernel in the namespace of a file descriptor;
// 0 is the thread's own. It requires CAP_SYS_ADMIN for another namespace.
func Open(netns int) (*Conn, error) {
	c := &Conn{reader: newReader()}
	var err error
	c.dump, err = nldump.Dial(nldump.Config{Family: unix.NETLINK_NETFILTER, NetNS: netns})
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		err = nil // a kernel without nftables has no rules of nftables
	}
	if err == nil {
		c.ip, c.ip6, err = openTables(netns)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open firewall: %w", err), c.Close())
	}
	return c, nil
}

// Close closes the connection.
func (c *Conn) Close() error {
	var errs []error
	if c.dump != nil {
		errs = append(errs, c.dump.Close())
	}
	for _, t := range []*tables{c.ip, c.ip6} {
		if t != nil {
			errs = append(errs, t.close())
		}
	}
	return errors.Join(errs...)
}

// Rules appends the rules of a system to a slice: those of a chain together and
// in their order, and as rules of their own the policies of base chains. The
// rules are of one generation: if they change meanwhile they are read again.
// Their counters are read one after the other while packets pass.
//
// A system that the kernel does not have, or that has no table, has no rules.
// The error wraps os.ErrPermission without CAP_NET_ADMIN.
func (c *Conn) Rules(system System, rules []Rule) ([]Rule, error) {
	var err error
	switch system {
	case NFTables:
		rules, err = c.nftables(rules)
	case IPTables:
		rules, err = c.ip.rules(rules)
	case IP6Tables:
		rules, err = c.ip6.rules(rules)
	default:
		return rules, fmt.Errorf("unknown firewall %q", system)
	}
	if _, file := errors.AsType[*fs.PathError](err); file && errors.Is(err, os.ErrPermission) {
		return rules, fmt.Errorf("read rules of %s: %w (only root may)", system, err)
	}
	if errors.Is(err, os.ErrPermission) {
		return rules, fmt.Errorf("read rules of %s: %w (needs CAP_NET_ADMIN)", system, err)
	}
	if err != nil {
		return rules, fmt.Errorf("read rules of %s: %w", system, err)
	}
	return rules, nil
}

// attempts bounds how often tables that change while they are read are read
// again.
const attempts = 20
