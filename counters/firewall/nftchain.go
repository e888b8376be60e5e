package firewall

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A baseChain is what the chain of a rule tells about it.
type baseChain struct {
	hook     string
	priority int32
	devices  []string
}

// Attributes that x/sys does not name.
const (
	hookDevices = 4 // NFTA_HOOK_DEVS
	deviceName  = 1 // NFTA_DEVICE_NAME
)

// addChain reads a chain. The rule is its policy, if it has one.
func (r *reader) addChain(data []byte) (Rule, error) {
	family, attributes, err := nftMessage(data)
	if err != nil {
		return Rule{}, err
	}
	rule := Rule{System: NFTables, Family: familyName(family)}
	var base baseChain
	for attributes.Next() {
		body := attributes.Bytes()
		switch attributes.Type() {
		case unix.NFTA_CHAIN_TABLE:
			rule.Table = r.names.intern(body)
		case unix.NFTA_CHAIN_NAME:
			rule.Chain = r.names.intern(body)
		case unix.NFTA_CHAIN_HOOK:
			base, err = r.decodeHook(family, body)
		case unix.NFTA_CHAIN_POLICY:
			rule.Policy, rule.Exact = true, true
			rule.Verdict, err = decodePolicy(body)
		case unix.NFTA_CHAIN_COUNTERS:
			var counts counts
			counts, err = decodeCounts(body)
			rule.Packets, rule.Bytes, rule.Counted = counts.packets, counts.bytes, true
		}
		if err != nil {
			return Rule{}, fmt.Errorf("decode chain %s %s: %w", word(rule.Table), word(rule.Chain), err)
		}
	}
	if err := attributes.Err(); err != nil {
		return Rule{}, fmt.Errorf("decode chain: %w", err)
	}
	if rule.Table == "" || rule.Chain == "" {
		return Rule{}, fmt.Errorf("decode chain %s %s: table or name is missing", word(rule.Table), word(rule.Chain))
	}
	rule.Hook, rule.Priority, rule.Devices = base.hook, base.priority, base.devices
	r.chains[key{rule.Family, rule.Table, rule.Chain}] = base
	return rule, nil
}

func decodePolicy(data []byte) (Verdict, error) {
	if len(data) != 4 {
		return None, fmt.Errorf("policy has %d bytes", len(data))
	}
	const drop = 0 // NF_DROP
	if binary.BigEndian.Uint32(data) == drop {
		return Drop, nil
	}
	return Accept, nil
}

func (r *reader) decodeHook(family uint8, data []byte) (baseChain, error) {
	var base baseChain
	attributes := nldump.Walk(data)
	for attributes.Next() {
		switch body := attributes.Bytes(); {
		case attributes.Type() == unix.NFTA_HOOK_HOOKNUM && len(body) == 4:
			base.hook = hookName(family, binary.BigEndian.Uint32(body))
		case attributes.Type() == unix.NFTA_HOOK_PRIORITY && len(body) == 4:
			base.priority = int32(binary.BigEndian.Uint32(body))
		case attributes.Type() == unix.NFTA_HOOK_DEV:
			base.devices = []string{r.names.intern(body)}
		case attributes.Type() == hookDevices:
			devices := nldump.Walk(body)
			base.devices = nil
			for devices.Next() {
				if devices.Type() == deviceName {
					base.devices = append(base.devices, r.names.intern(devices.Bytes()))
				}
			}
			if err := devices.Err(); err != nil {
				return base, err
			}
		}
	}
	return base, attributes.Err()
}

// decodeCounts reads the attributes of a counter. Those of a chain's counters
// have the same numbers.
func decodeCounts(data []byte) (counts, error) {
	var c counts
	found := 0
	attributes := nldump.Walk(data)
	for attributes.Next() {
		if len(attributes.Bytes()) != 8 {
			continue
		}
		switch attributes.Type() {
		case unix.NFTA_COUNTER_BYTES:
			c.bytes = binary.BigEndian.Uint64(attributes.Bytes())
			found |= 1
		case unix.NFTA_COUNTER_PACKETS:
			c.packets = binary.BigEndian.Uint64(attributes.Bytes())
			found |= 2
		}
	}
	if found != 3 {
		return c, fmt.Errorf("decode counter: packets or bytes are missing in %d bytes", len(data))
	}
	return c, attributes.Err()
}
