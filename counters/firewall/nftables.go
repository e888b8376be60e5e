package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A reader keeps what is needed while rules of nftables are read, and from one
// time to the next.
type reader struct {
	names    names
	chains   map[key]baseChain
	counters map[key]counts
	last     reading
}

// A key names a chain or a counter.
type key struct{ family, table, name string }

type counts struct{ packets, bytes uint64 }

// A reading is what two whole readings of the same rules have in common.
type reading struct {
	generation uint32
	handles    uint64 // of all rules, summed up
	rules      int
}

// nftables reads until a reading is like the one before, which was of an
// earlier call if nothing has changed since.
//
// The generation alone does not tell: the kernel counts it up first, and while
// it then removes old rules one by one, a dump that goes on behind them misses
// as many new ones, without a mark.
func (c *Conn) nftables(rules []Rule) ([]Rule, error) {
	if c.dump == nil {
		return rules, nil
	}
	start := len(rules)
	for range attempts {
		var now reading
		var err error
		now, rules, err = c.readOnce(rules[:start])
		switch {
		case errors.Is(err, unix.EINVAL) && now.generation == 0:
			return rules, nil // what a kernel without nftables answers
		case errors.Is(err, errChanged), errors.Is(err, nldump.ErrInterrupted), errors.Is(err, unix.EINTR):
			c.reader.last = reading{}
			continue
		case err != nil:
			return rules[:start], err
		case now == c.reader.last:
			return rules, nil
		}
		c.reader.last = now
	}
	return rules[:start], fmt.Errorf("the rules changed each of %d times", attempts)
}

var errChanged = errors.New("the rules changed")

func (c *Conn) readOnce(rules []Rule) (reading, []Rule, error) {
	start := len(rules)
	var now reading
	var err error
	if now.generation, err = c.generation(); err != nil {
		return reading{}, rules, err
	}
	if rules, err = c.ruleset(rules); err != nil {
		return now, rules, err
	}
	after, err := c.generation()
	if err == nil && after != now.generation {
		err = errChanged
	}
	now.rules = len(rules) - start
	var handle [8]byte
	for i := range rules[start:] {
		binary.NativeEndian.PutUint64(handle[:], rules[start+i].Handle)
		now.handles = digest(now.handles, handle[:])
	}
	return now, rules, err
}

// ruleset reads once.
func (c *Conn) ruleset(rules []Rule) ([]Rule, error) {
	r := &c.reader
	clear(r.chains)
	err := c.dump.Ask(nftRequest(unix.NFT_MSG_GETCHAIN, nil), func(m nldump.Message) error {
		policy, err := r.addChain(m.Data)
		if policy.Policy {
			rules = append(rules, policy)
		}
		return err
	})
	if err != nil {
		return rules, err
	}
	start, named := len(rules), false
	err = c.dump.Ask(nftRequest(unix.NFT_MSG_GETRULE, nil), func(m nldump.Message) error {
		rules = append(rules, Rule{})
		rule := &rules[len(rules)-1]
		err := r.decodeRule(rule, m.Data)
		named = named || rule.Counter != ""
		return err
	})
	if err == nil && named {
		err = c.namedCounters()
	}
	if err == nil {
		r.complete(rules[start:])
	}
	return rules, err
}

// complete fills in what other messages say: the place in the chain, whose
// rules the kernel lists together, the hook, and named counters.
func (r *reader) complete(rules []Rule) {
	var last key
	for i := range rules {
		rule := &rules[i]
		rule.Number = 1
		chain := key{rule.Family, rule.Table, rule.Chain}
		if chain == last {
			rule.Number = rules[i-1].Number + 1
		}
		last = chain
		base := r.chains[chain]
		rule.Hook, rule.Priority, rule.Devices = base.hook, base.priority, base.devices
		if rule.Counter != "" {
			counts, ok := r.counters[key{rule.Family, rule.Table, rule.Counter}]
			rule.Packets, rule.Bytes, rule.Counted = counts.packets, counts.bytes, ok
		}
	}
}

// nftRequest asks nf_tables for a table of any family, with attributes.
func nftRequest(kind uint16, attributes []byte) nldump.Request {
	// struct nfgenmsg: family, version, resource
	body := append([]byte{unix.NFPROTO_UNSPEC, unix.NFNETLINK_V0, 0, 0}, attributes...)
	return nldump.Request{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | kind, Body: body}
}

// generation is the kernel's number of the present rules.
func (c *Conn) generation() (uint32, error) {
	var generation uint32
	found := false
	request := nftRequest(unix.NFT_MSG_GETGEN, nil)
	request.Single = true
	err := c.dump.Ask(request, func(m nldump.Message) error {
		var err error
		generation, err = decodeGeneration(m.Data)
		found = true
		return err
	})
	if err == nil && !found {
		err = errors.New("the kernel tells no generation")
	}
	return generation, err
}

func decodeGeneration(data []byte) (uint32, error) {
	_, attributes, err := nftMessage(data)
	if err != nil {
		return 0, err
	}
	for attributes.Next() {
		if attributes.Type() == unix.NFTA_GEN_ID && len(attributes.Bytes()) == 4 {
			return binary.BigEndian.Uint32(attributes.Bytes()), nil
		}
	}
	return 0, errors.Join(errors.New("decode generation: it has no number"), attributes.Err())
}

const headerBytes = 4 // struct nfgenmsg

// nftMessage splits off the struct nfgenmsg.
func nftMessage(data []byte) (family uint8, attributes nldump.Attributes, err error) {
	if len(data) < headerBytes {
		return 0, attributes, fmt.Errorf("decode nftables message: %d bytes are too few", len(data))
	}
	return data[0], nldump.Walk(data[headerBytes:]), nil
}
