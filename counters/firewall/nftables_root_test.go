package firewall

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

// find is the one rule with a name.
func find(rules []Rule, name string) (*Rule, error) {
	var found *Rule
	for i := range rules {
		if rules[i].String() != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		found = &rules[i]
	}
	if found == nil {
		return nil, fmt.Errorf("%s is not among %d rules", name, len(rules))
	}
	return found, nil
}

// counted checks what a rule has counted.
func counted(rules []Rule, name string, packets, bytesOfPacket uint64) error {
	rule, err := find(rules, name)
	if err != nil {
		return err
	}
	if !rule.Counted || rule.Packets != packets || rule.Bytes != packets*bytesOfPacket {
		return fmt.Errorf("%s: counted %v, %d packets and %d bytes, want %d of %d bytes each",
			name, rule.Counted, rule.Packets, rule.Bytes, packets, bytesOfPacket)
	}
	return nil
}

func TestRootNFTInput(t *testing.T) {
	inNamespace(t, func() error {
		err := load(`
table inet filter {
	counter bad { }
	chain input {
		type filter hook input priority -5; policy accept
		udp dport 7 counter drop comment "no echo"
		udp dport 8 drop
		udp dport 9 counter name "bad" drop
		udp dport 10 counter name "bad" reject
		udp dport 11 counter ip length > 1000 drop
		udp dport 12 counter log prefix "x" drop
		jump more
	}
	chain more {
		udp dport 13 counter drop
	}
}
`)
		if err != nil {
			return err
		}
		for i, port := range []int{7, 8, 9, 10, 11, 12, 13} {
			if err := errors.Join(send(local4(port), 10+i), send(local6(port), i)); err != nil {
				return err
			}
		}
		rules, err := read(NFTables)
		if err != nil {
			return err
		}
		const of4, of6 = bytes4, bytes6
		want := []struct {
			name    string
			verdict Verdict
			exact   bool
			packets uint64
			bytes   uint64
		}{
			{`inet filter input handle 4 "no echo"`, Drop, true, 10, 10 * of4},
			{`inet filter input handle 6`, Drop, true, 12 + 2 + 13 + 3, (12+13)*of4 + (2+3)*of6},
			{`inet filter input handle 7`, Reject, true, 12 + 2 + 13 + 3, (12+13)*of4 + (2+3)*of6},
			{`inet filter input handle 8`, Drop, false, 14 + 4, 14*of4 + 4*of6},
			{`inet filter input handle 9`, Drop, true, 15 + 5, 15*of4 + 5*of6},
			{`inet filter more handle 11`, Drop, true, 16 + 6, 16*of4 + 6*of6},
		}
		for _, w := range want {
			r, err := find(rules, w.name)
			if err != nil {
				return err
			}
			if !r.Counted || r.Packets != w.packets || r.Bytes != w.bytes || r.Verdict != w.verdict || r.Exact != w.exact {
				t.Errorf("got %+v, want %+v", r, w)
			}
		}
		return errors.Join(
			uncounted(rules, "inet filter input handle 5"),
			uncounted(rules, "inet filter input policy accept"),
			sameAsNFT(rules))
	})
}

func uncounted(rules []Rule, name string) error {
	rule, err := find(rules, name)
	if err == nil && (rule.Counted || rule.Packets != 0) {
		err = fmt.Errorf("%s counts %d packets without a counter", name, rule.Packets)
	}
	return err
}

// listing is what `nft -j list ruleset` prints, of which counters matter here.
type listing struct {
	Nftables []struct {
		Rule *struct {
			Family, Table, Chain string
			Handle               uint64
			Comment              string
			Expr                 []struct{ Counter json.RawMessage }
		}
		Chain *struct {
			Family, Table, Name, Hook, Policy string
			Prio                              int32
		}
		Counter *struct {
			Family, Table, Name string
			Packets, Bytes      uint64
		}
	}
}

// sameAsNFT compares all rules with what nft prints.
func sameAsNFT(rules []Rule) error {
	text, err := output("", "nft -j list ruleset")
	if err != nil {
		return err
	}
	var listing listing
	if err := json.Unmarshal([]byte(text), &listing); err != nil {
		return err
	}
	named := map[key]counts{}
	for _, object := range listing.Nftables {
		if c := object.Counter; c != nil {
			named[key{c.Family, c.Table, c.Name}] = counts{c.Packets, c.Bytes}
		}
	}
	var errs []error
	checked := 0
	for _, object := range listing.Nftables {
		var want Rule
		switch r, ch := object.Rule, object.Chain; {
		case r != nil:
			want = Rule{System: NFTables, Family: r.Family, Table: r.Table, Chain: r.Chain, Handle: r.Handle, Comment: r.Comment}
			for _, e := range r.Expr {
				if e.Counter == nil {
					continue
				}
				var inline struct{ Packets, Bytes uint64 }
				want.Counted = true
				if json.Unmarshal(e.Counter, &want.Counter) == nil {
					counts := named[key{r.Family, r.Table, want.Counter}]
					want.Packets, want.Bytes = counts.packets, counts.bytes
				} else if err := json.Unmarshal(e.Counter, &inline); err == nil {
					want.Packets, want.Bytes = inline.Packets, inline.Bytes
				}
			}
		case ch != nil && ch.Policy != "":
			want = Rule{System: NFTables, Family: ch.Family, Table: ch.Table, Chain: ch.Name, Policy: true, Verdict: Verdict(ch.Policy), Hook: ch.Hook, Priority: ch.Prio}
		default:
			continue
		}
		checked++
		errs = append(errs, agrees(rules, &want))
	}
	if checked != len(rules) || checked == 0 {
		errs = append(errs, fmt.Errorf("nft lists %d rules and policies, we %d", checked, len(rules)))
	}
	return errors.Join(errs...)
}

func agrees(rules []Rule, want *Rule) error {
	got, err := find(rules, want.String())
	if err != nil {
		return err
	}
	if got.Counted != want.Counted || got.Packets != want.Packets || got.Bytes != want.Bytes || got.Counter != want.Counter {
		return fmt.Errorf("%v: got %d packets of counter %q, nft says %d of %q", got, got.Packets, got.Counter, want.Packets, want.Counter)
	}
	if want.Policy && (got.Hook != want.Hook || got.Priority != want.Priority || got.Verdict != want.Verdict) {
		return fmt.Errorf("%v: got hook %s %d, nft says %s %d", got, got.Hook, got.Priority, want.Hook, want.Priority)
	}
	return nil
}
