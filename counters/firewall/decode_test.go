package firewall

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// captured reads messages that a kernel sent. The files are in the form of
// hexdump -C, without netlink headers, with an empty line between messages.
func captured(t testing.TB, name string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	var messages [][]byte
	for block := range strings.SplitSeq(string(text), "\n\n") {
		var data []byte
		for line := range strings.Lines(block) {
			columns, _, _ := strings.Cut(line, "|")
			_, columns, _ = strings.Cut(columns, " ")
			row, err := hex.DecodeString(strings.Join(strings.Fields(columns), ""))
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, row...)
		}
		messages = append(messages, data)
	}
	return messages
}

// describe puts what matters of a rule into a line.
func describe(r *Rule) string {
	text := r.String() + ":"
	if r.Hook != "" {
		text += fmt.Sprintf(" %s %d", r.Hook, r.Priority)
	}
	if len(r.Devices) > 0 {
		text += fmt.Sprintf(" %v", r.Devices)
	}
	text += fmt.Sprintf(", number %d after %d", r.Number, r.Position)
	if r.Counted {
		text += fmt.Sprintf(", %d/%d", r.Packets, r.Bytes)
	}
	if r.Counter != "" {
		text += " of " + r.Counter
	}
	if r.Verdict != None || r.Target != "" {
		text += fmt.Sprintf(", %s %s", r.Verdict, r.Target)
	}
	if r.Exact {
		text += " exact"
	}
	return text
}

func describeAll(rules []Rule) []string {
	var lines []string
	for i := range rules {
		lines = append(lines, describe(&rules[i]))
	}
	return lines
}

// decodeAll puts the answers of a kernel together as a reading does.
func decodeAll(chains, rules, objects [][]byte) ([]Rule, error) {
	r := newReader()
	var all []Rule
	for _, m := range chains {
		policy, err := r.addChain(m)
		if err != nil {
			return nil, err
		}
		if policy.Policy {
			all = append(all, policy)
		}
	}
	start := len(all)
	for _, m := range rules {
		all = append(all, Rule{})
		if err := r.decodeRule(&all[len(all)-1], m); err != nil {
			return nil, err
		}
	}
	for _, m := range objects {
		if err := r.addCounter(m); err != nil {
			return nil, err
		}
	}
	r.complete(all[start:])
	return all, nil
}

func TestDecodeNFTables(t *testing.T) {
	got, err := decodeAll(captured(t, "nft-chains-6.18"), captured(t, "nft-rules-6.18"), captured(t, "nft-objects-6.18"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`inet filter input policy drop: input -5, number 0 after 0, drop  exact`,
		`netdev early in policy accept: ingress -500 [lo], number 0 after 0, accept  exact`,
		`bridge b c policy accept: forward 3, number 0 after 0, accept  exact`,
		`ip filter INPUT policy drop: input 0, number 0 after 0, 0/0, drop  exact`,
		`inet filter input handle 4 "no echo": input -5, number 1 after 0, 3/384, accept  exact`,
		`inet filter input handle 5: input -5, number 2 after 4, drop `,
		`inet filter input handle 6: input -5, number 3 after 5, 9/1252 of bad, drop  exact`,
		`inet filter input handle 7: input -5, number 4 after 6, 9/1252 of bad, reject  exact`,
		`inet filter input handle 8: input -5, number 5 after 7, 7/896, drop `,
		`inet filter input handle 9: input -5, number 6 after 8, 0/0, drop  exact`,
		`inet filter input handle 11: input -5, number 7 after 9, map `,
		`inet filter input handle 13: input -5, number 8 after 11, 0/0, return  exact`,
		`inet filter input handle 14: input -5, number 9 after 13, 0/0, goto more exact`,
		`inet filter input handle 15: input -5, number 10 after 14, jump more`,
		`inet filter more handle 16:, number 1 after 0, return `,
		`netdev early in handle 2: ingress -500 [lo], number 1 after 0, 27/3556 exact`,
		`ip filter INPUT handle 2 "why": input 0, number 1 after 0, 0/0, reject REJECT exact`,
	}
	if diff := cmp.Diff(want, describeAll(got)); diff != "" {
		t.Error(diff)
	}
}

func capturedTable(t testing.TB, system System) ([]Rule, error) {
	t.Helper()
	messages := captured(t, string(system)+"-filter-6.18")
	return decodeTable(system, messages[0], messages[1])
}

func decodeTable(system System, header, entries []byte) ([]Rule, error) {
	var info tableInfo
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info)), header)
	chains := table{system: system, name: "filter", layout: layout4(), info: &info, entries: entries, names: names{}}
	if system == IP6Tables {
		chains.layout = layout6()
	}
	return chains.rules(nil)
}

func TestDecodeTables(t *testing.T) {
	for _, test := range []struct {
		system System
		want   []string
	}{
		{IPTables, []string{
			`iptables filter INPUT rule 1 -j DROP "no-echo": input 0, number 1 after 0, 3/384, drop  exact`,
			`iptables filter INPUT rule 2: input 0, number 2 after 0, 0/0 exact`,
			`iptables filter INPUT rule 3 -j more: input 0, number 3 after 0, 0/0, jump more exact`,
			`iptables filter INPUT policy ACCEPT: input 0, number 0 after 0, 0/0, accept  exact`,
			`iptables filter FORWARD policy DROP: forward 0, number 0 after 0, 0/0, drop  exact`,
			`iptables filter OUTPUT policy ACCEPT: output 0, number 0 after 0, 22/2816, accept  exact`,
			`iptables filter more rule 1 -j LOG:, number 1 after 0, 0/0,  LOG exact`,
			`iptables filter more rule 2 -g last:, number 2 after 0, 0/0, goto last exact`,
		}},
		{IP6Tables, []string{
			`ip6tables filter INPUT rule 1 -g more: input 0, number 1 after 0, 0/0, goto more exact`,
			`ip6tables filter INPUT policy ACCEPT: input 0, number 0 after 0, 0/0, accept  exact`,
			`ip6tables filter FORWARD policy ACCEPT: forward 0, number 0 after 0, 0/0, accept  exact`,
			`ip6tables filter OUTPUT rule 1 -j DROP: output 0, number 1 after 0, 6/888, drop  exact`,
			`ip6tables filter OUTPUT policy ACCEPT: output 0, number 0 after 0, 5/740, accept  exact`,
		}},
	} {
		t.Run(string(test.system), func(t *testing.T) {
			got, err := capturedTable(t, test.system)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, describeAll(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeGeneration(t *testing.T) {
	got, err := decodeGeneration(captured(t, "nft-generation-6.18")[0])
	if err != nil || got != 4 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, data := range [][]byte{nil, make([]byte, 4), {0, 0, 0, 0, 9, 0, 1, 0}} {
		if _, err := decodeGeneration(data); err == nil {
			t.Errorf("% x is accepted", data)
		}
	}
}

// Every cut of a message must give an error or a rule, never a panic, and no
// rule without a name.
func TestDecodeCutMessages(t *testing.T) {
	for _, m := range captured(t, "nft-rules-6.18") {
		for n := range m {
			r := newReader()
			var rule Rule
			if err := r.decodeRule(&rule, m[:n]); err == nil && (rule.Handle == 0 || rule.Chain == "") {
				t.Errorf("%d of %d bytes are accepted", n, len(m))
			}
		}
	}
	for _, system := range []System{IPTables, IP6Tables} {
		messages := captured(t, string(system)+"-filter-6.18")
		for n := range messages[1] {
			if _, err := decodeTable(system, messages[0], messages[1][:n]); err == nil {
				t.Errorf("%s: %d of %d bytes are accepted", system, n, len(messages[1]))
			}
		}
	}
}

func FuzzNFTables(f *testing.F) {
	for _, name := range []string{"chains", "rules", "objects", "generation"} {
		for _, m := range captured(f, "nft-"+name+"-6.18") {
			f.Add(m)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one := [][]byte{data}
		for _, messages := range [][3][][]byte{{one, nil, nil}, {nil, one, nil}, {nil, nil, one}, {one, one, one}} {
			rules, err := decodeAll(messages[0], messages[1], messages[2])
			if err != nil {
				continue
			}
			for i := range rules {
				if describe(&rules[i]) == "" || !rules[i].Counted && rules[i].Packets != 0 {
					t.Errorf("got %+v", rules[i])
				}
			}
		}
		_, _ = decodeGeneration(data)
	})
}

func FuzzTable(f *testing.F) {
	for _, system := range []System{IPTables, IP6Tables} {
		messages := captured(f, string(system)+"-filter-6.18")
		f.Add(system == IP6Tables, messages[0], messages[1])
	}
	f.Fuzz(func(t *testing.T, v6 bool, header, entries []byte) {
		system := IPTables
		if v6 {
			system = IP6Tables
		}
		rules, err := decodeTable(system, header, entries)
		if err == nil && len(rules) > len(entries)/int(unsafe.Sizeof(entry4{})) {
			t.Errorf("%d rules of %d bytes", len(rules), len(entries))
		}
		for i := range rules {
			if rules[i].String() == "" {
				t.Errorf("no name: %+v", rules[i])
			}
		}
	})
}

func TestUserComment(t *testing.T) {
	for _, test := range []struct {
		name, data, want string
	}{
		{"none", "", ""},
		{"comment", "\x00\x03ab\x00", "ab"},
		{"behind another field", "\x07\x01x\x00\x02a\x00", "a"},
		{"without end", "\x00\x02ab", ""},
		{"cut", "\x00\x09ab", ""},
		{"of another program", "anything at all", ""},
	} {
		if got := string(userComment([]byte(test.data))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestStringQuotes(t *testing.T) {
	r := Rule{System: NFTables, Family: "ip", Table: "my table", Chain: "c\x1b[31m", Handle: 1, Comment: "a\nb\"c"}
	if got, want := r.String(), `ip "my table" "c\x1b[31m" handle 1 "a\nb\"c"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCounterMustBeWhole(t *testing.T) {
	packets := binary.NativeEndian.AppendUint16(nil, 12)
	packets = binary.NativeEndian.AppendUint16(packets, 2)
	packets = append(packets, make([]byte, 8)...)
	if c, err := decodeCounts(packets); err == nil {
		t.Errorf("packets without bytes are %+v", c)
	}
}
