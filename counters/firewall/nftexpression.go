package firewall

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// expression takes from one expression what a Rule tells. Expressions that are
// not known here are taken for conditions.
func (r *reader) expression(rule *Rule, name, data []byte) error {
	switch string(name) {
	case "counter":
		counts, err := decodeCounts(data)
		rule.Packets, rule.Bytes, rule.Counted = counts.packets, counts.bytes, true
		rule.Counter, rule.Exact = "", true
		return err
	case "objref":
		return r.reference(rule, data)
	case "immediate":
		return r.immediate(rule, data)
	case "reject":
		rule.Verdict = Reject
	case "queue":
		rule.Verdict = Queue
	case "lookup":
		return lookup(rule, data)
	case "target":
		return r.target(rule, data)
	case "match":
		return r.match(rule, data)
	case "masq", "nat", "redir", "tproxy", "synproxy", "fwd":
		rule.Target = r.names.intern(name)
	case "log", "notrack", "last", "dup":
	default:
		rule.Exact = false
	}
	return nil
}

// reference reads a reference to a named object, of which only counters matter.
// One that depends on the packet names none.
func (r *reader) reference(rule *Rule, data []byte) error {
	var kind uint32
	var name []byte
	attributes := nldump.Walk(data)
	for attributes.Next() {
		switch {
		case attributes.Type() == unix.NFTA_OBJREF_IMM_TYPE && len(attributes.Bytes()) == 4:
			kind = binary.BigEndian.Uint32(attributes.Bytes())
		case attributes.Type() == unix.NFTA_OBJREF_IMM_NAME:
			name = attributes.Bytes()
		}
	}
	switch {
	case name == nil || kind != unix.NFT_OBJECT_COUNTER:
		rule.Exact = false // quotas and limits are conditions
	default:
		rule.Counter, rule.Exact = r.names.intern(name), true
		rule.Packets, rule.Bytes, rule.Counted = 0, 0, false
	}
	return attributes.Err()
}

// immediate reads a constant, which is a verdict if it goes to the register for
// verdicts.
func (r *reader) immediate(rule *Rule, data []byte) error {
	register := uint32(unix.NFT_REG_VERDICT + 1)
	var value []byte
	attributes := nldump.Walk(data)
	for attributes.Next() {
		switch {
		case attributes.Type() == unix.NFTA_IMMEDIATE_DREG && len(attributes.Bytes()) == 4:
			register = binary.BigEndian.Uint32(attributes.Bytes())
		case attributes.Type() == unix.NFTA_IMMEDIATE_DATA:
			value = attributes.Bytes()
		}
	}
	if err := attributes.Err(); err != nil || register != unix.NFT_REG_VERDICT {
		return err
	}
	const verdict = 2 // NFTA_DATA_VERDICT
	attributes = nldump.Walk(value)
	for attributes.Next() {
		if attributes.Type() == verdict {
			if err := r.verdict(rule, attributes.Bytes()); err != nil {
				return err
			}
		}
	}
	return attributes.Err()
}

func (r *reader) verdict(rule *Rule, data []byte) error {
	attributes := nldump.Walk(data)
	for attributes.Next() {
		switch {
		case attributes.Type() == unix.NFTA_VERDICT_CODE && len(attributes.Bytes()) == 4:
			rule.Verdict = nftVerdict(int32(binary.BigEndian.Uint32(attributes.Bytes())))
		case attributes.Type() == unix.NFTA_VERDICT_CHAIN:
			rule.Target = r.names.intern(attributes.Bytes())
		}
	}
	return attributes.Err()
}

func nftVerdict(code int32) Verdict {
	const drop, accept, queue = 0, 1, 3 // NF_*
	switch code {
	case drop:
		return Drop
	case accept:
		return Accept
	case queue:
		return Queue
	case unix.NFT_JUMP:
		return Jump
	case unix.NFT_GOTO:
		return Goto
	case unix.NFT_RETURN:
		return Return
	}
	return None
}

// lookup is a condition, or looks the verdict up.
func lookup(rule *Rule, data []byte) error {
	attributes := nldump.Walk(data)
	for attributes.Next() {
		if attributes.Type() == unix.NFTA_LOOKUP_DREG && len(attributes.Bytes()) == 4 && binary.BigEndian.Uint32(attributes.Bytes()) == unix.NFT_REG_VERDICT {
			rule.Verdict = Depends
		}
	}
	rule.Exact = false
	return attributes.Err()
}

// target reads an extension of iptables, as iptables-nft uses them.
func (r *reader) target(rule *Rule, data []byte) error {
	attributes := nldump.Walk(data)
	for attributes.Next() {
		if attributes.Type() == unix.NFTA_TARGET_NAME {
			rule.Target = r.names.intern(attributes.Bytes())
			rule.Verdict = targetVerdict(rule.Target)
		}
	}
	return attributes.Err()
}

// match reads a condition of iptables, of which comment is none.
func (r *reader) match(rule *Rule, data []byte) error {
	var name string
	var info []byte
	attributes := nldump.Walk(data)
	for attributes.Next() {
		switch attributes.Type() {
		case unix.NFTA_MATCH_NAME:
			name = r.names.intern(attributes.Bytes())
		case unix.NFTA_MATCH_INFO:
			info = attributes.Bytes()
		}
	}
	if name == "comment" {
		rule.Comment = r.names.intern(info)
	} else {
		rule.Exact = false
	}
	return attributes.Err()
}

// targetVerdict is what extensions of iptables do that end the walk through the
// rules.
func targetVerdict(name string) Verdict {
	switch name {
	case "REJECT":
		return Reject
	case "NFQUEUE":
		return Queue
	}
	return None
}
