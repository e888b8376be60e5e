package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/peer/record"
)

func over(d time.Duration) wait { return wait{d, true} }

func goodMembers(hosts int) *result {
	known := detection{over(11 * time.Second), over(12 * time.Second)}
	return &result{
		name: "members", hosts: hosts, interval: 10 * time.Second, membership: 210, record: 320, member: known, collector: known, rightly: 2,
		lossless: delivery{sent: 9, taken: 9}, down: over(25 * time.Second),
	}
}

func goodMute() *result {
	return &result{
		name: "mute", hosts: 1000, mute: true, interval: 10 * time.Second, record: 310,
		lossless: delivery{sent: 9, taken: 9}, down: over(25 * time.Second),
	}
}

// Each promise that is broken is told, and nothing else.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(small, large, mute *result)
		missed []string
	}{
		{"all well", func(_, _, _ *result) {}, nil},
		{"unfinished", func(s, _, _ *result) { s.unfinished = []string{"that"} }, []string{"but not: that"}},
		{"falsely", func(_, _, m *result) { m.falsely = 1 }, []string{"1 declared dead"}},
		{"falsely with losses", func(_, l, _ *result) { l.falselyLossy, l.falselyAfter = 1, 1 }, nil},
		{"not heard", func(_, l, _ *result) { l.rightly = 0 }, []string{"in no log"}},
		{"not taken", func(s, _, _ *result) { s.lossless.taken = 8 }, []string{"8 of 9 packets"}},
		{"too many bytes", func(s, l, m *result) { s.record, l.record, m.record = 490, 490, 490 }, []string{"700 B/s", "700 B/s"}},
		{"more with more hosts", func(_, l, _ *result) { l.membership += 54 }, []string{"530 and 584 B/s differ"}},
		{"mute hosts say more", func(_, _, m *result) { m.record = 353 }, []string{"320 and 353 B/s for records differ"}},
		{"late", func(s, _, _ *result) { s.member.last = over(15 * time.Second) }, []string{"known everywhere after 15.0 s"}},
		{"never", func(s, _, _ *result) { s.collector.last = wait{Duration: time.Second} }, []string{"known everywhere after > 1 s"}},
		{"late among more", func(_, l, _ *result) { l.hosts, l.member.last = 301, over(time.Minute) }, nil},
		{"not looked at", func(s, _, _ *result) { s.collector = detection{} }, nil},
		{"still up", func(_, _, m *result) { m.down = over(32 * time.Second) }, []string{"down in all views 32.0 s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			small, large, mute := goodMembers(30), goodMembers(300), goodMute()
			c.change(small, large, mute)
			var out bytes.Buffer
			kept, err := judge(&out, targets([]*result{small, large, mute}))
			if err != nil {
				t.Fatal(err)
			}
			if kept != (c.missed == nil) {
				t.Errorf("kept is %v", kept)
			}
			missed := slices.DeleteFunc(strings.Split(out.String(), "\n"), func(line string) bool { return !strings.HasPrefix(line, "MISSED") })
			if len(missed) != len(c.missed) {
				t.Fatalf("missed %q", missed)
			}
			for i, want := range c.missed {
				if !strings.Contains(missed[i], want) {
					t.Errorf("missed %q, want %q in it", missed[i], want)
				}
			}
		})
	}
}

func TestWarn(t *testing.T) {
	var out bytes.Buffer
	late, well := goodMembers(30), goodMembers(300)
	late.name, late.late, well.late = "late ones", 1234567*time.Microsecond, 400*time.Millisecond
	if err := warn(&out, []*result{late, well}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "late ones: timers were up to 1.235s late") {
		t.Errorf("warned %q", text)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	r := goodMembers(30)
	r.back, r.lossy = wait{Duration: 90 * time.Second}, delivery{sent: 200, taken: 190}
	if err := write(&out, &config{loss: 0.05}, []*result{r, goodMute()}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"12.0 s", "> 90 s", "530", "95.0 %", "5 % lost", "mute"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestParse(t *testing.T) {
	for _, bad := range [][]string{
		{"-members", "3"}, {"-members", "x"}, {"-members", "10,-4"}, {"-mute", "-1"}, {"-loss", "1.5"}, {"-interval", "1ms"},
		{"-members", "", "-mute", "0"}, {"more"}, {"-unknown"},
	} {
		if c, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%q is taken for %+v", bad, c)
		}
	}
	c, err := parse(nil, io.Discard)
	if err != nil || !slices.Equal(c.members, []int{30, 100, 300}) || c.mute != 1000 || !c.revive {
		t.Errorf("default is %+v, %v", c, err)
	}
	c, err = parse([]string{"-members", "", "-mute", "7"}, io.Discard)
	if err != nil || len(c.members) != 0 || c.mute != 7 {
		t.Errorf("mute hosts only: %+v, %v", c, err)
	}
	c, err = parse([]string{"-quick", "-loss", "0.1"}, io.Discard)
	if err != nil || !slices.Equal(c.members, []int{30}) || c.mute != 100 || c.revive || c.loss != 0.1 {
		t.Errorf("quick is %+v, %v", c, err)
	}
}

// What is sent is as large as the report of an ordinary host: one packet.
func TestSampleIsOrdinary(t *testing.T) {
	for seed := range uint64(20) {
		h := newHost(int(seed), nil)
		packets, err := record.Encode(sample(h.name, 10, seed, 1), record.Header{Epoch: 1, Sequence: 1, Time: time.Now()}, h.key)
		if err != nil {
			t.Fatal(err)
		}
		if len(packets) != 1 || len(packets[0]) < 700 {
			t.Errorf("%d packets, the first of %d bytes", len(packets), len(packets[0]))
		}
		p, err := record.Decode(packets[0])
		if err != nil || p.Report.Host.Interval != 10 || len(p.Report.Drops.Rows) != rows || len(p.Report.Status.Interfaces) != interfaces || p.Report.LeftOut.Any() {
			t.Errorf("decoded %+v, %v", p, err)
		}
	}
}
