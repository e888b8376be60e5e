package pcapfilter

import (
	"strings"
	"testing"
)

// TestTables: every list is read whole.
func TestTables(t *testing.T) {
	for name, size := range map[string][2]int{
		"keywords":  {len(keywords), 125},
		"constants": {len(constants), 57},
		"services":  {len(services), 125},
		"protocols": {len(ipNumbers), 107},
	} {
		if size[0] < size[1] {
			t.Errorf("%s: %d entries, want at least %d", name, size[0], size[1])
		}
	}
	for name, want := range map[string]uint32{"tcp-cwr": 128, "icmp6-multicastrouterterm": 153, "icmptype": 0} {
		if n, ok := constants[name]; !ok || n != want {
			t.Errorf("%s is %d", name, n)
		}
	}
	for name, want := range map[string]service{"http": {80, "tcp"}, "bootps": {67, "udp"}, "domain": {53, ""}} {
		if services[name] != want {
			t.Errorf("%s is %v", name, services[name])
		}
	}
	for name := range protocols {
		if keywords[name] != name {
			t.Errorf("%s is no keyword", name)
		}
	}
	for name := range foreign {
		if keywords[name] != name {
			t.Errorf("%s is no keyword", name)
		}
	}
	for name := range llcKinds {
		if !strings.Contains(llcKindNames, name) {
			t.Errorf("%s is not offered", name)
		}
	}
}
