package pcapfilter

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestErrors: where the mistake is, and what to do.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		expression string
		column     int
		reason     string // the beginning is enough
	}{
		{"tcp or hosst 10.0.0.1", 8, `unknown word "hosst"; did you mean host?`},
		{"prot 80", 1, `unknown word "prot"; did you mean port?`},
		{"xyzzy", 1, `unknown word "xyzzy"; expected a test such as host, port or tcp`},
		{"10.0.0.1", 1, `expected a test, found "10.0.0.1"; write host, net or port before it`},
		{"tcp and 443", 9, `expected a test, found "443"; write port, host or another word before it`},
		{"host", 5, "expected an address, a port or a name, found the end"},
		{"host tcp", 6, `expected an address, a port or a name, found the keyword "tcp"; write \tcp if it is meant as a name`},
		{"host )", 6, `expected an address, a port or a name, found ")"`},
		{"host ((10.0.0.1))", 7, "expected an address, a port or a name; parentheses may stand around all of them only once"},
		{"host example.org", 6, `"example.org" is not an address, and names are not looked up; use the address`},
		{"host 10.0.0.256", 6, "10.0.0.256 is not an IPv4 address"},
		{"host ::1::2", 9, "expected \"and\", \"or\" or the end, found \"::2\""},
		{"host ::300.1.1.1", 6, `"::300.1.1.1" is not an IPv6 address`},
		{"host 10.0.0.0/8", 15, "only a net has a mask"},
		{"net 10/8", 5, "write the network with a dot, as in 10.0"},
		{"net 10.0.0.1/8", 5, "10.0.0.1 has bits set beyond its mask"},
		{"net 10.0.0.0/33", 14, "33 is not a mask of an IPv4 network"},
		{"net 10.0.0.0 mask 8", 19, `expected a mask such as 255.255.255.0, found "8"`},
		{"net fe80::/200", 12, "the length of an IPv6 prefix is at most 128"},
		{"net fe80::1/64", 5, "fe80::1 has bits set beyond its mask"},
		{"tcp host 10.0.0.1", 10, "tcp has no IPv4 addresses; use ip, arp or rarp, or nothing"},
		{"ip host ::1", 9, "ip has no IPv6 addresses; use ip6, or nothing"},
		{"ether host 10.0.0.1", 12, "ether needs an Ethernet address such as 00:11:22:33:44:55, not 10.0.0.1"},
		{"host 00:11:22:33:44:55", 6, "an Ethernet address needs ether host, ether src or ether dst before it"},
		{"ether host 00:11:22:33:", 12, `"00:11:22:33:" is not an Ethernet address; write it as 00:11:22:33:44:55`},
		{"port 65536", 6, "port 65536 is greater than 65535"},
		{"port nonesuch", 6, `unknown port "nonesuch"; use the number`},
		{"port 80.1", 6, "expected a port, found the address 80.1"},
		{"udp port http", 10, `"http" is a port of tcp; use the number`},
		{"icmp port 80", 11, "icmp has no ports; use tcp, udp or sctp, or nothing"},
		{"portrange ftp", 11, "expected two ports with a hyphen between them, such as 6000-6008"},
		{"portrange 80-70000", 11, "port 70000 is greater than 65535"},
		{"ip proto nonesuch", 10, `unknown protocol "nonesuch"; use the number`},
		{"tcp proto 6", 11, "tcp has no field for a protocol"},
		{"src proto 6", 5, `"proto" has no direction`},
		{"ip protochain 6", 15, "protochain needs a loop"},
		{"vlan 5000", 6, "vlan numbers end at 4095"},
		{"mpls 1048576", 6, "mpls numbers end at 1048575"},
		{"mpls and vlan", 10, "vlan cannot be looked for behind mpls"},
		{"mpls and arp", 10, "only ip and ip6 can be told apart behind mpls"},
		{"pppoes and vlan", 12, "vlan needs an Ethernet header, which is not here"},
		{"ip6 broadcast", 1, "ip6 broadcast is not known"},
		{"inbound", 1, `"inbound" cannot be used: the direction of a packet is not in its frame`},
		{"tcp and on eth0", 9, `"on" cannot be used: there are no packet filter logs here`},
		{"wlan type mgt", 6, `"type" cannot be used: there are no 802.11 headers here`},
		{"geneve 5", 1, `"geneve" cannot be used: not supported; filter the outer packet`},
		{"gateway 10.0.0.1", 1, `"gateway" cannot be used: it needs names looked up`},
		{"lane", 1, `"lane" cannot be used: there is no ATM here`},
		{"llc nonesuch", 5, `unknown kind of LLC frame "nonesuch"; expected one of i, s, u`},
		{"byte 0 & 1", 8, "byte knows only =, < and >; write ether[0] & ... != 0"},
		{"less tcp", 6, `expected a number of bytes, found "tcp"`},
		{"ether", 1, "ether is not a test alone"},
		{"tcp[13]", 8, "expected a comparison such as = or >, found the end"},
		{"tcp[13] and udp", 9, `expected a comparison such as = or >, found "and"`},
		{"tcp[13", 7, `expected "]", found the end`},
		{"tcp[]", 5, `expected a number, len or a field such as tcp[13], found "]"`},
		{"tcp[5-3] = 1", 5, `expected a number, found "5-3"; a minus needs a space before it`},
		{"tcp[0:3] = 1", 7, "a field has 1, 2 or 4 bytes, not 3"},
		{"ah[0] = 1", 1, "the header of ah has no known place"},
		{"ip[0] / 0 = 1", 7, "division by zero"},
		{"ip[0] << 32 = 1", 7, "shift by more than 31 bits"},
		{"4294967296 = 1", 1, "4294967296 is not a number of at most 32 bits"},
		{"port 08", 6, "08 is not a number of at most 32 bits (a leading 0 means octal)"},
		{"(tcp", 5, `expected ")", found the end`},
		{"tcp)", 4, `expected "and", "or" or the end, found ")"`},
		{"tcp udp", 5, `expected "and", "or" or the end, found "udp"`},
		{"tcp and", 8, "expected a test such as host, port or tcp, found the end"},
		{"tcp ; udp", 5, "unexpected character ';'"},
		{"tcp and é", 9, "unexpected character 'é'"},
		{`port \`, 6, `expected a name after \`},
		{"tcp and udp", 1, "the expression matches nothing"},
		{"  tcp and hots 1.2.3.4", 11, `unknown word "hots"; did you mean host?`},
	} {
		_, err := Compile(test.expression, Ethernet)
		wrong, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Errorf("%q: %v", test.expression, err)
			continue
		}
		if wrong.Column != test.column || !strings.HasPrefix(wrong.Reason, test.reason) {
			t.Errorf("%q:\ncolumn %d: %s, want\ncolumn %d: %s", test.expression, wrong.Column, wrong.Reason, test.column, test.reason)
		}
		if strings.ContainsAny(err.Error(), "\n\r") || !strings.HasPrefix(err.Error(), "column ") {
			t.Errorf("%q: %q", test.expression, err)
		}
	}
}

// TestErrorsRaw: what is not on a link cannot be asked for.
func TestErrorsRaw(t *testing.T) {
	for expression, reason := range map[string]string{
		"ether host 00:11:22:33:44:55": "column 12: there are no Ethernet addresses here",
		"broadcast":                    "column 1: there are no Ethernet addresses here; write ip broadcast",
		"vlan":                         "column 1: vlan needs an Ethernet header, which is not here",
		"mpls 5":                       "column 1: mpls needs an Ethernet header, which is not here",
		"llc":                          "column 1: there are no LLC frames here",
		"arp":                          "column 1: the expression matches nothing: its parts exclude each other, or cannot be on this kind of link",
	} {
		if _, err := Compile(expression, Raw); err == nil || err.Error() != reason {
			t.Errorf("%q: %v, want %s", expression, err, reason)
		}
	}
}

// TestLimits: what is too much is an error that says so, and comes soon.
func TestLimits(t *testing.T) {
	for _, test := range []struct{ name, expression, reason string }{
		{"bytes", strings.Repeat(" ", maxExpression) + "ip", "column 65537: the expression is longer than 65536 bytes"},
		{"instructions", "port " + strings.Repeat("1 or 2 or ", 6000) + "3", "column 1: the expression needs more than 4096 instructions; use fewer tests"},
		{"distinct", "net " + strings.Repeat("1 or 2 or ", 2) + manyHosts(900)[5:], "column 1: the expression needs more than 4096 instructions; use fewer tests"},
		{"parentheses", strings.Repeat("(", 30000) + "tcp", "column 257: nested more than 256 deep"},
		{"nots", strings.Repeat("!", 60000) + "tcp", "column 257: nested more than 256 deep"},
		{"signs", strings.Repeat("- ", 30000) + "1 = 1", "column 511: nested more than 256 deep"},
		{"right sides", strings.Repeat("1 % ", 10000) + "1 = 1", "nested more than 256 deep"},
		{"indexes", strings.Repeat("ip[", 20000) + "1", "nested more than 256 deep"},
		{"colons", strings.Repeat("1:", 32768), "is not an Ethernet address"},
	} {
		start := time.Now()
		_, err := Compile(test.expression, Ethernet)
		if err == nil || !strings.Contains(err.Error(), test.reason) {
			text := "nil"
			if err != nil {
				text = err.Error()[:min(len(err.Error()), 200)]
			}
			t.Errorf("%s: %s, want %s", test.name, text, test.reason)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", test.name, took)
		} else {
			t.Logf("%s: %v", test.name, took)
		}
	}
}

// TestLong: long expressions that fit.
func TestLong(t *testing.T) {
	for _, expression := range []string{
		strings.Repeat("tcp or ", 2000) + "udp",
		"1" + strings.Repeat(" + 1", 16000) + " = len",
		"ip[8]" + strings.Repeat(" + ip[8]", 1200) + " = len",
		manyHosts(500),
	} {
		p, err := Compile(expression, Ethernet)
		if err != nil {
			t.Errorf("%.40s...: %v", expression, err)
			continue
		}
		newVM(t, p.Instructions())
		t.Logf("%.40s...: %d instructions", expression, len(p.Instructions()))
	}
}
