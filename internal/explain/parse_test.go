package explain

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestParseErrors holds that broken data is refused, with the cause in words.
func TestParseErrors(t *testing.T) {
	const texts = "class: loss, cause: 'C.', advice: 'A.'"
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "rules: [{reasons: [A], colour: red, " + texts + "}]", "colour"},
		{"unknown top key", "rule: []", "rule"},
		{"two documents", "rules: []\n---\nrules: []", "more than one document"},
		{"no yaml", "rules: [", "a.yaml"},
		{"unknown class", "rules: [{reasons: [A], class: bad, cause: 'C.', advice: 'A.'}]", `unknown class "bad"`},
		{"same second class", "rules: [{reasons: [A], also: loss, " + texts + "}]", "second class"},
		{"unknown flag", "rules: [{reasons: [A], flags: [up], " + texts + "}]", `unknown flag "up"`},
		{"unknown protocol", "rules: [{reasons: [A], protocols: [ipx], " + texts + "}]", `unknown protocol "ipx"`},
		{"unknown transport", "rules: [{reasons: [A], transports: [sctp], " + texts + "}]", `unknown transport "sctp"`},
		{"flag and its negation", "rules: [{reasons: [A], flags: [reset, '!reset'], " + texts + "}]", "named twice"},
		{"transport without IP", "rules: [{reasons: [A], protocols: [arp], transports: [udp], " + texts + "}]", "never match"},
		{"reset of UDP", "rules: [{reasons: [A], transports: [udp], flags: [reset], " + texts + "}]", "never match"},
		{"reset of ARP", "rules: [{reasons: [A], protocols: [arp], flags: [reset], " + texts + "}]", "never match"},
		{"broadcast and multicast", "rules: [{reasons: [A], flags: [broadcast, multicast], " + texts + "}]", "never match"},
		{"no reason", "rules: [{functions: [f], " + texts + "}]", "names no reason"},
		{"unreasoned with a reason", "rules: [{reasons: [A], flags: [unreasoned], " + texts + "}]", "never match"},
		{"conditions without event", "rules: [{event: false, reasons: [A], counters: [c], " + texts + "}]", "never match"},
		{"no event, no counter", "rules: [{event: false, " + texts + "}]", "needs counters"},
		{"by counter without one", "rules: [{reasons: [A], by_counter: true, " + texts + "}]", "needs counters"},
		{"any reason without function", "rules: [{any_reason: true, " + texts + "}]", "any_reason needs functions"},
		{"two for any reason", "rules: [{any_reason: true, functions: [f], " + texts + "}, {any_reason: true, functions: [f], " + texts + "}]", "two rules for any reason"},
		{"same reason twice", "rules: [{reasons: [A], " + texts + "}, {reasons: [A], " + texts + "}]", "two rules fit"},
		{"same function twice", "rules: [{reasons: [A], functions: [f, g], " + texts + "}, {reasons: [A], functions: [g], " + texts + "}]", "function g: two rules fit"},
		{"conditions that overlap", "rules: [{reasons: [A], transports: [udp], " + texts + "}, {reasons: [A], protocols: [ipv6], " + texts + "}]", "two rules fit"},
		{"name twice in one rule", "rules: [{reasons: [A, A], " + texts + "}]", "A is named twice"},
		{"name with a space", "rules: [{reasons: ['A B'], " + texts + "}]", "bad name"},
		{"no cause", "rules: [{reasons: [A], class: loss, advice: 'A.'}]", "cause is missing"},
		{"no period", "rules: [{reasons: [A], class: loss, cause: C, advice: 'A.'}]", "period"},
		{"not ASCII", "rules: [{reasons: [A], class: loss, cause: 'Größe.', advice: 'A.'}]", "ASCII"},
		{"long cause", "rules: [{reasons: [A], class: loss, cause: '" + strings.Repeat("x", 200) + ".', advice: 'A.'}]", "limit 200"},
		{"long advice", "rules: [{reasons: [A], class: loss, cause: 'C.', advice: '" + strings.Repeat("x", 240) + ".'}]", "limit 240"},
		{"treat as nothing", "rules: [{reasons: [NOT_SPECIFIED], functions: [f], treat_as: B}]", "has no rule"},
		{"treat as with a reason", "rules: [{reasons: [A], functions: [f], treat_as: B}]", "treat_as is for"},
		{"subsystem twice", "subsystems: [{name: s, " + texts + "}, {name: s, " + texts + "}]", "used twice"},
		{"counter twice", "counters: [{names: [c, d], meaning: 'M.', no_event: true}, {names: [d], meaning: 'M.', no_event: true}]", "two entries"},
		{"counter without reason", "counters: [{names: [c], meaning: 'M.'}]", "no_event"},
		{"counter of unknown reason", "counters: [{names: [c], meaning: 'M.', reasons: [Z]}]", "no rule has reason Z"},
		{"counter without name", "counters: [{meaning: 'M.', no_event: true}]", "no name"},
		{"bad pitfall", "pitfalls: [{topic: t, text: x}]", "period"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte(tt.yaml)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := ParseBase(fstest.MapFS{}); err == nil {
		t.Error("an empty folder is no error")
	}
}

func TestMostSpecificRuleWins(t *testing.T) {
	const rule = "class: loss, advice: 'A.'"
	data := "rules: [" +
		"{reasons: [A], cause: 'reason.', " + rule + "}," +
		"{reasons: [A], transports: [udp], cause: 'transport.', " + rule + "}," +
		"{reasons: [A], transports: [udp], flags: [broadcast], cause: 'two.', " + rule + "}," +
		"{reasons: [A], functions: [f], cause: 'function.', " + rule + "}," +
		"{reasons: [A], functions: [f], protocols: [ipv6], cause: 'function and protocol.', " + rule + "}," +
		"{any_reason: true, functions: [g], cause: 'any.', " + rule + "}]"
	b, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte(data)}})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]Facts{
		"reason.":                v4(ipTCP, "A", "h"),
		"transport.":             v4(ipUDP, "A", "h"),
		"two.":                   v4(ipUDP, "A", "h", 1<<3),
		"function.":              v4(ipUDP, "A", "f", 1<<3),
		"function and protocol.": v6(ipUDP, "A", "f"),
		"any.":                   v4(ipUDP, "A", "g"),
	}
	for want, f := range tests {
		if v := b.Classify(f); v.Cause != want {
			t.Errorf("%+v: %q, want %q", f, v.Cause, want)
		}
	}
}

func FuzzParseBase(f *testing.F) {
	for _, name := range []string{"sockets", "hints", "counters", "subsystems", "traps"} {
		raw, err := os.ReadFile("data/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("rules: [{reasons: [A], class: loss, cause: 'C.', advice: 'A.'}]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := ParseBase(fstest.MapFS{"a.yaml": {Data: raw}})
		if (b == nil) == (err == nil) {
			t.Fatalf("base %v, error %v", b, err)
		}
		if b == nil {
			return
		}
		if v := b.Classify(v4(ipUDP, "A", "f")); !validClass(v.Class) || v.Cause == "" {
			t.Errorf("verdict %+v", v)
		}
		for _, name := range b.Names() {
			b.Lookup(name)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseYAML(b *testing.B) {
	for b.Loop() {
		if _, err := ParseBase(os.DirFS("data")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	base := load(b)
	facts := []Facts{
		v4(ipUDP, "NO_SOCKET", "__udp4_lib_rcv"),
		v4(ipUDP, "NOT_SPECIFIED", "ip_rcv_finish_core.isra.0"),
		v4(ipTCP, "NETFILTER_DROP", "nft_do_chain"),
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range facts {
			base.Classify(f)
		}
	}
}

func TestClassifyDoesNotAllocate(t *testing.T) {
	base := load(t)
	f := v6(ipUDP, "NOT_SPECIFIED", "neigh_invalidate.cold")
	if n := testing.AllocsPerRun(100, func() { base.Classify(f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
