package explain

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dropwatch/dropmon"
)

// TestKernelReasons holds that every reason of these kernels has a rule. The
// lists are from Debian's headers (6.1.192, 6.12.115) and the BTF of 6.18.44.
func TestKernelReasons(t *testing.T) {
	b := load(t)
	for _, kernel := range []string{"6.1", "6.12", "6.18"} {
		raw, err := os.ReadFile("testdata/reasons-" + kernel + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		names := strings.Fields(string(raw))
		if len(names) < 60 {
			t.Errorf("%s: only %d names", kernel, len(names))
		}
		for _, name := range names {
			if v := b.Classify(v4(0, name, "")); !v.Known && name != notSpecified {
				t.Errorf("%s: no rule for %s", kernel, name)
			}
			if b.Lookup(name) == nil {
				t.Errorf("%s: nothing to read about %s", kernel, name)
			}
		}
	}
}

// TestEveryRuleReachable searches a packet for each rule.
func TestEveryRuleReachable(t *testing.T) {
	b := load(t)
	for _, r := range b.rules {
		if !r.data.hasEvent() || r.data.ByCounter {
			continue
		}
		reasons := r.data.Reasons
		if r.data.AnyReason {
			reasons = []string{"NO_SOCKET"}
		}
		functions := r.data.Functions
		if len(functions) == 0 {
			functions = []string{"f"}
		}
		for _, reason := range reasons {
			for _, function := range functions {
				if !reachable(b, r, reason, function) {
					t.Errorf("no packet reaches rule %s (reason %s, function %s)", r.data.label(), reason, function)
				}
			}
		}
	}
}

func reachable(b *Base, r *rule, reason, function string) bool {
	if r.saysNothing {
		return !b.Classify(v4(0, reason, function)).Known
	}
	reasons := []string{reason}
	if reason == notSpecified {
		reasons = append(reasons, "")
	}
	for _, reason := range reasons {
		for _, protocol := range []uint16{0, etherIPv4, etherIPv6, etherARP, 0x88b5} {
			for _, transport := range []uint8{0, ipTCP, ipUDP, ipICMP, ipICMPv6} {
				for flags := range dropmon.Flags(64) {
					v := b.Classify(Facts{Reason: reason, Subsystem: r.data.Subsystem, Function: function, Protocol: protocol, Transport: transport, Flags: flags})
					if v.Known && v.Class == r.verdict.Class && v.Cause == r.verdict.Cause && v.Reason == r.verdict.Reason {
						return true
					}
				}
			}
		}
	}
	return false
}

// TestCounterNames holds the notation of counters, on which the reconciliation
// with the counters of the kernel rests.
func TestCounterNames(t *testing.T) {
	form := regexp.MustCompile(`^((Ip|IpExt|Tcp|TcpExt|Udp|Icmp)\.[A-Z][A-Za-z0-9]+` +
		`|(Ip6|Udp6|Icmp6)[A-Z][A-Za-z]+` +
		`|xfrm_stat\.Xfrm[A-Za-z]+` +
		`|(link|tc|softnet|ethtool|nft|iptables|ip6tables|socket|packet|netlink|arp_cache|ndisc_cache|rt_cache|nf_conntrack|nfnetlink_queue|ovs|wifi)\.[a-z_]+[0-9]?)$`)
	b := load(t)
	for _, r := range b.rules {
		for _, name := range r.verdict.Counters {
			if !form.MatchString(name) {
				t.Errorf("rule %s: counter %q", r.data.label(), name)
			}
		}
	}
	for _, c := range b.counters {
		for _, name := range c.Names {
			if !form.MatchString(name) {
				t.Errorf("counter %q", name)
			}
		}
	}
}

// TestCountersAndRulesAgree holds that a counter's list of reasons is not
// contradicted by the rules: each reason's rules together name the counter or
// one of its aliases.
func TestCountersAndRulesAgree(t *testing.T) {
	b := load(t)
	for _, c := range b.counters {
		for _, reason := range c.Reasons {
			found := false
			for _, r := range b.rules {
				found = found || slices.Contains(r.data.Reasons, reason) &&
					slices.ContainsFunc(c.Names, func(n string) bool { return slices.Contains(r.verdict.Counters, n) })
			}
			if !found {
				t.Errorf("counter %s lists %s, whose rules do not name the counter", c.Names[0], reason)
			}
		}
	}
}

func TestTextsAreWellFormed(t *testing.T) {
	b := load(t)
	for _, r := range b.rules {
		for _, text := range []string{r.verdict.Cause, r.verdict.Advice} {
			if strings.Count(text, "`")%2 != 0 {
				t.Errorf("rule %s: odd number of backquotes: %s", r.data.label(), text)
			}
			if regexp.MustCompile(`\b(ifconfig|netstat|route -n)\b`).MatchString(text) {
				t.Errorf("rule %s names an old tool: %s", r.data.label(), text)
			}
		}
	}
}
