package main

import (
	"strings"
	"testing"
)

const bpftraceOutput = `Attaching 1 probe...


@[0xffffffff81a2b3c4]: 641024
@[-2120564796]: 7
`

const listing = `table ip bench {
	chain input {
		type filter hook input priority filter; policy accept;
		udp dport 9 counter packets 2002000 bytes 92092000 drop
	}
}
`

const linkInfo = "pos:\t0\nflags:\t02000000\nmnt_id:\t17\nlink_type:\traw_tracepoint\nlink_id:\t808\nprog_tag:\t67817edb31d25330\nprog_id:\t623\ntp_name:\tkfree_skb\n"

func TestBpftraceCount(t *testing.T) {
	for text, want := range map[string]uint64{
		bpftraceOutput:           641031,
		"Attaching 1 probe...\n": 0,
		"@[1]: x\n@[2]: 3\n":     3,
	} {
		if got := bpftraceCount(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestRuleCount(t *testing.T) {
	if got, err := ruleCount(listing); err != nil || got != 2002000 {
		t.Errorf("got %d, %v", got, err)
	}
	if got, err := ruleCount("table ip bench {\n}\n"); err == nil {
		t.Errorf("without a counter: got %d and no error", got)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		text, name string
		want       uint32
	}{
		{linkInfo, "prog_id:", 623},
		{"VmPeak:\t 1226056 kB\nVmHWM:\t    8704 kB\n", "VmHWM:", 8704},
		{"pos:\t0\n", "prog_id:", 0},
		{"prog_id:\t-1\n", "prog_id:", 0},
	} {
		if got, ok := number(c.text, c.name); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s in %q: got %d, %v, want %d", c.name, c.text, got, ok, c.want)
		}
	}
}

// FuzzDecode gives foreign text to all readers of text. What they find must
// stand in the text.
func FuzzDecode(f *testing.F) {
	f.Add(bpftraceOutput)
	f.Add(listing)
	f.Add(linkInfo)
	f.Fuzz(func(t *testing.T, text string) {
		if n := bpftraceCount(text); n != 0 && !strings.Contains(text, "@[") {
			t.Errorf("bpftrace counted %d", n)
		}
		if n, err := ruleCount(text); err == nil && !strings.Contains(text, "counter packets ") {
			t.Errorf("the rule counted %d", n)
		}
		if id, ok := number(text, "prog_id:"); ok && !strings.Contains(text, "prog_id:") {
			t.Errorf("program %d", id)
		}
	})
}
