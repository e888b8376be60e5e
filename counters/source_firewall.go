package counters

import (
	"fmt"
	"strconv"
	"strings"

	"dropwatch/counters/firewall"
)

// openFirewall opens the rules of one firewall.
func openFirewall(p *place, system firewall.System) (source, error) {
	conn, err := p.firewall()
	if err != nil {
		return nil, err
	}
	f := &firewallSource{conn: conn, system: system, packets: string(system) + ".packets", bytes: string(system) + ".bytes"}
	return f.read, nil
}

type firewallSource struct {
	conn           *firewall.Conn
	system         firewall.System
	packets, bytes string
	rules          []firewall.Rule // reused
}

func (f *firewallSource) read(s *Sample) error {
	var err error
	f.rules, err = f.conn.Rules(f.system, f.rules[:0])
	twins := make(map[string]int)
	for _, rule := range f.rules {
		scope := Scope{NetNS: s.NetNS, Object: ruleObject(&rule, twins)}
		s.Rules = append(s.Rules, Rule{scope, rule})
		if rule.Counted {
			s.Counters = append(s.Counters,
				Counter{Name: f.packets, Scope: scope, Value: rule.Packets, Bits: 64},
				Counter{Name: f.bytes, Scope: scope, Value: rule.Bytes, Bits: 64})
		}
	}
	return err
}

// ruleObject names a rule by what stays the same while other rules come and go.
// Rules of nftables have a handle. Those of iptables only have a place, so they
// are known by what they say instead: "iptables filter INPUT -j DROP #1c2d3e4f".
// Twins, rules of one chain that say the same, are numbered.
func ruleObject(rule *firewall.Rule, twins map[string]int) string {
	name := rule.String()
	if rule.System == firewall.NFTables || rule.Policy {
		return name
	}
	name = strings.Replace(name, " rule "+strconv.Itoa(rule.Number), "", 1)
	name = fmt.Sprintf("%s #%08x", name, uint32(rule.Content))
	twins[name]++
	if n := twins[name]; n > 1 {
		name = fmt.Sprintf("%s twin %d", name, n)
	}
	return name
}
