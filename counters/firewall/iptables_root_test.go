package firewall

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func setting(path, value string) error { return os.WriteFile(path, []byte(value), 0o644) }

func TestRootIPTables(t *testing.T) {
	for _, test := range []struct {
		system System
		of     uint64 // bytes of a packet
		to     func(port int) unix.Sockaddr
	}{
		{IPTables, bytes4, local4},
		{IP6Tables, bytes6, local6},
	} {
		t.Run(string(test.system), func(t *testing.T) {
			inNamespace(t, func() error {
				program := string(test.system) + "-legacy -w "
				err := run("",
					program+"-N more",
					program+"-A INPUT -p udp --dport 7 -j DROP -m comment --comment no-echo",
					program+"-A INPUT -p udp --dport 8",
					program+"-A INPUT -p udp --dport 9 -j more",
					program+"-A INPUT -p udp --dport 10 -g more",
					program+"-A INPUT -p udp --dport 11 -j REJECT",
					program+"-A more -j LOG",
					program+"-A more -p udp --dport 9 -j DROP",
					program+"-P FORWARD DROP",
					program+"-t mangle -A PREROUTING -p udp --dport 12 -j DROP")
				for i, port := range []int{7, 8, 9, 10, 11, 12} {
					err = errors.Join(err, send(test.to(port), 10+i))
				}
				if err != nil {
					return err
				}
				rules, err := read(test.system)
				if err != nil {
					return err
				}
				name := string(test.system) + " "
				return errors.Join(
					counted(rules, name+`filter INPUT rule 1 -j DROP "no-echo"`, 10, test.of),
					counted(rules, name+"filter INPUT rule 2", 11, test.of),
					counted(rules, name+"filter INPUT rule 3 -j more", 12, test.of),
					counted(rules, name+"filter INPUT rule 4 -g more", 13, test.of),
					counted(rules, name+"filter INPUT rule 5 -j REJECT", 14, test.of),
					counted(rules, name+"filter more rule 1 -j LOG", 12+13, test.of),
					counted(rules, name+"filter more rule 2 -j DROP", 12, test.of),
					counted(rules, name+"filter FORWARD policy DROP", 0, 0),
					counted(rules, name+"mangle PREROUTING rule 1 -j DROP", 15, test.of),
					sameAsIPTables(test.system, rules))
			})
		})
	}
}

// sameAsIPTables compares all rules of the table filter with what iptables
// prints: packets, bytes and target in the first columns.
func sameAsIPTables(system System, rules []Rule) error {
	text, err := output("", string(system)+"-legacy -w -nvxL")
	if err != nil {
		return err
	}
	policy := regexp.MustCompile(`^Chain (\S+) \((?:policy (\S+) (\d+) packets, (\d+) bytes|\d+ references)\)`)
	rule := regexp.MustCompile(`^\s*(\d+)\s+(\d+) `)
	number := func(s string) uint64 { n, _ := strconv.ParseUint(s, 10, 64); return n }
	want := map[string]counts{}
	chain, place := "", 0
	for line := range strings.Lines(text) {
		if m := policy.FindStringSubmatch(line); m != nil {
			chain, place = m[1], 0
			if m[2] != "" {
				want[chain+" 0"] = counts{number(m[3]), number(m[4])}
			}
		} else if m := rule.FindStringSubmatch(line); m != nil {
			place++
			want[fmt.Sprintf("%s %d", chain, place)] = counts{number(m[1]), number(m[2])}
		}
	}
	checked := 0
	for i := range rules {
		r := &rules[i]
		if r.Table != "filter" {
			continue
		}
		got, ok := want[fmt.Sprintf("%s %d", r.Chain, r.Number)]
		if !ok || got != (counts{r.Packets, r.Bytes}) {
			return fmt.Errorf("%v: got %d packets and %d bytes, iptables says %+v", r, r.Packets, r.Bytes, got)
		}
		checked++
	}
	if checked != len(want) || checked < 4 {
		return fmt.Errorf("iptables lists %d rules and policies, we %d:\n%s", len(want), checked, text)
	}
	return nil
}

// Looking for rules must not make tables.
func TestRootIPTablesMakesNoTable(t *testing.T) {
	inNamespace(t, func() error {
		for _, system := range []System{IPTables, IP6Tables} {
			rules, err := read(system)
			if err != nil || len(rules) != 0 {
				t.Errorf("%s: %d rules, %v", system, len(rules), err)
			}
		}
		names, err := os.ReadFile("/proc/thread-self/net/ip_tables_names")
		if err != nil && !errors.Is(err, os.ErrNotExist) || len(names) > 0 {
			t.Errorf("tables %q, %v", names, err)
		}
		return nil
	})
}

// The content tells that another rule has taken a place.
func TestRootIPTablesContent(t *testing.T) {
	inNamespace(t, func() error {
		const program = "iptables-legacy -w "
		content := func(lines ...string) (map[string]uint64, error) {
			if err := run("", lines...); err != nil {
				return nil, err
			}
			rules, err := read(IPTables)
			contents := map[string]uint64{}
			for i := range rules {
				contents[fmt.Sprint(rules[i].Chain, rules[i].Number)] = rules[i].Content
			}
			return contents, err
		}
		first, err := content(program+"-N c", program+"-A INPUT -p udp --dport 7 -j DROP", program+"-A INPUT -p udp --dport 8 -j c")
		if err != nil {
			return err
		}
		if err := send(local4(7), 3); err != nil {
			return err
		}
		again, err := content()
		if err != nil {
			return err
		}
		moved, err := content(program + "-I INPUT -p udp --dport 9 -j DROP")
		if err != nil {
			return err
		}
		for place := range first {
			if first[place] != again[place] {
				t.Errorf("%s changed while only packets passed", place)
			}
		}
		if moved["INPUT2"] != first["INPUT1"] || moved["INPUT3"] != first["INPUT2"] || moved["INPUT1"] == first["INPUT1"] {
			t.Errorf("before %v, after %v", first, moved)
		}
		return nil
	})
}
