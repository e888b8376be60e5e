package report

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"
)

// someCounters has what is hard to print: large numbers, long names, odd bytes.
func someCounters(sinceBoot bool) *Counters {
	a, host := &NetNS{Inode: 4026532200, Name: "a"}, &NetNS{Inode: 4026531833, Name: "host"}
	c := &Counters{
		Schema: CountersSchema, Host: "h", Kernel: "6.18.44", To: noon.Add(10 * time.Second), SinceBoot: sinceBoot,
		NetNS: []NetNS{*a, *host},
		Counters: []CounterRow{
			{Name: "softnet.dropped", Object: "cpu 0", Delta: 7, Value: 107, Unit: "packets", Loss: true, Meaning: "Packets dropped because the input queue of the CPU was full."},
			{Name: "Udp.NoPorts", NetNS: a, Delta: 100, Value: 300, Unit: "datagrams", Loss: true, Meaning: "Datagrams to a port where no program listens."},
			{Name: "tc.dropped", NetNS: a, Interface: &Interface{Index: 2, Name: "eth0"}, Object: "qdisc htb 1: root", Delta: 9, Value: 9, Unit: "packets", Loss: true, Parent: true, Appeared: true},
			{Name: "nft.packets", NetNS: a, Object: `inet filter input handle 4 "no telnet, ` + "\x1b" + `[31m and a comment that goes on for long"`, Delta: 3, Value: 3, Loss: true, Meaning: "Packets that this firewall rule dropped."},
			{Name: "ethtool.eth-mac.FramesLostDueToIntMACXmitError", NetNS: host, Interface: &Interface{Index: 3, Name: "enp129s0f0np0"}, Delta: 18446744073709551615, Value: 18446744073709551615, Loss: true},
			{Name: "Udp.InErrors", NetNS: host, Delta: 2, Value: 2, Loss: true, Reset: true},
			{Name: "nf_conntrack.drop", NetNS: host, Delta: 1, Value: 0, Loss: true, Wrapped: true},
		},
		Coverage: []Coverage{{What: "counters of nft", Why: "not permitted"}},
		Unread:   map[string]string{"nft": "not permitted"},
	}
	if sinceBoot {
		return c
	}
	c.From, c.Seconds = noon, 10
	for i := range c.Counters {
		perSecond := float64(c.Counters[i].Delta) / c.Seconds
		c.Counters[i].PerSecond = &perSecond
	}
	return c
}

func fits(t *testing.T, text []byte) {
	t.Helper()
	for line := range bytes.Lines(text) {
		if n := utf8.RuneCount(bytes.TrimSuffix(line, []byte("\n"))); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestGoldenCounters(t *testing.T) {
	for name, c := range map[string]*Counters{
		"counters":      someCounters(false),
		"counters-boot": someCounters(true),
		"counters-none": {Schema: CountersSchema, Host: "h", Kernel: "6.18", From: noon, To: noon.Add(time.Second), Seconds: 1, NetNS: []NetNS{{Inode: 1}}, Counters: []CounterRow{}},
	} {
		var text, document, lines bytes.Buffer
		if err := (Text{Advice: true}).Counters(&text, c); err != nil {
			t.Fatal(err)
		}
		fits(t, text.Bytes())
		golden(t, name, text.Bytes())
		if err := c.WriteJSON(&document); err != nil {
			t.Fatal(err)
		}
		golden(t, name+"-json", document.Bytes())
		if err := (Text{}).CounterLines(&lines, c); err != nil {
			t.Fatal(err)
		}
		fits(t, lines.Bytes())
	}
}

func TestCounterNotes(t *testing.T) {
	notes := someCounters(false).Notes()
	if len(notes) != 1 || notes[0] != "not seen: counters of nft: not permitted" {
		t.Errorf("notes %q", notes)
	}
}
