package syslog

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
)

var example = logline.Record{
	Time:     time.Date(2026, 3, 1, 12, 0, 3, 4005000, time.FixedZone("", 2*3600)),
	Severity: logline.Warning,
	Event:    "drop",
	Text:     "12 packets dropped\nby eth0",
	Fields: []logline.Field{
		logline.Text("reason", "NO_SOCKET"),
		logline.Count("packets", 12),
		logline.Text("process", `a "b" [c] \d`),
		logline.Text("device", "e\x1b\xff é"),
	},
}

func message(c Config, r logline.Record) string {
	c.Hostname = "host.example"
	return string(newWriter(c.withDefaults(), 77).append(nil, &r))
}

func TestMessages(t *testing.T) {
	local := example.Time.Local().Format(time.Stamp)
	plain := logline.Record{Time: example.Time.UTC(), Severity: logline.Informational, Text: "started"}
	for _, test := range []struct {
		name string
		c    Config
		r    logline.Record
		want string
	}{
		{"rfc5424", Config{Network: TCP}, example,
			`<28>1 2026-03-01T12:00:03.004005+02:00 host.example dropwatch 77 drop [dropwatch@32473 reason="NO_SOCKET" packets="12" process="a \"b\" [c\] \\d" device="e\\x1b\\xff é"] 12 packets dropped\nby eth0`},
		{"no fields", Config{Network: UDP, Facility: Local7, Tag: "drops"}, plain,
			`<190>1 2026-03-01T10:00:03.004005Z host.example drops 77 - - started`},
		{"nothing", Config{Network: TCP}, logline.Record{}, `<24>1 - host.example dropwatch 77 - -`},
		{"bsd", Config{Network: TCP, Format: FormatBSD}, example,
			"<28>" + local + ` host.example dropwatch[77]: 12 packets dropped\nby eth0 reason=NO_SOCKET packets=12 process="a \"b\" [c] \\d" device="e\x1b\xff é"`},
		{"unix", Config{}, example,
			"<28>" + local + ` dropwatch[77]: 12 packets dropped\nby eth0 reason=NO_SOCKET packets=12 process="a \"b\" [c] \\d" device="e\x1b\xff é"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, message(test.c, test.r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A message that is too long loses the end of its text first, then whole fields.
func TestLongMessages(t *testing.T) {
	r := example
	r.Text = strings.Repeat("é", 3000)
	for _, format := range []Format{FormatRFC5424, FormatBSD} {
		c := Config{Network: UDP, Format: format}
		got := message(c, r)
		if len(got) > 1400 || len(got) < 1399 || !utf8.ValidString(got) || !strings.Contains(got, more) || !strings.Contains(got, `device="e`) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
		r := r
		r.Fields = append(r.Fields[:2:2], logline.Text("long", strings.Repeat("]", 1400)), logline.Text("last", "x"))
		got = message(c, r)
		if len(got) > 1400 || strings.Contains(got, "long=") || !strings.Contains(got, "last=") || !strings.Contains(got, ` cut="1"`) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}

func TestPriorities(t *testing.T) {
	for severity := range logline.Severity(10) {
		p, err := parse(message(Config{Network: TCP, Facility: Local0}, logline.Record{Severity: severity, Event: "a b"}))
		if want := 16*8 + min(int(severity), 7); err != nil || p.priority != want || p.msgID != "a_b" {
			t.Errorf("severity %d has priority %d (%v), event %q", severity, p.priority, err, p.msgID)
		}
	}
}

// FuzzMessages reads back what was written with a strict reader.
func FuzzMessages(f *testing.F) {
	f.Add("drop", "text", "name", `va"l]u\e`, uint64(1), uint16(0))
	f.Add("\x00", "a\nb", "", "\xff", uint64(0), uint16(600))
	f.Add("", "", "cut", strings.Repeat("é]", 500), uint64(9), uint16(1000))
	f.Fuzz(func(t *testing.T, event, text, name, value string, n uint64, size uint16) {
		r := logline.Record{Time: example.Time, Severity: logline.Notice, Event: event, Text: text, Fields: []logline.Field{logline.Text("a", value), logline.Count("b", n)}}
		c := Config{Network: TCP, MaxBytes: minBytes + int(size)}
		m := message(c, r)
		p, err := parse(m)
		if err != nil || len(m) > c.MaxBytes || strings.ContainsAny(m, "\n\x00") {
			t.Fatalf("%d bytes of %d: %q: %v", len(m), c.MaxBytes, m, err)
		}
		data := p.data[DefaultSDID]
		want := string(logline.AppendPrintable(nil, value))
		if got, ok := data["a"]; ok && got != want || !ok && data["cut"] != "1" || data["b"] != strconv.FormatUint(n, 10) {
			t.Fatalf("%q gives %q", m, data)
		}
		line := string(logline.AppendPrintable(nil, text))
		if head, cut := strings.CutSuffix(p.text, more); p.text != line && !(cut && strings.HasPrefix(line, head)) && !(p.text == "" && len(m) > c.MaxBytes-5) {
			t.Fatalf("%q gives text %q, not %q", m, p.text, line)
		}
		r.Fields = []logline.Field{logline.Text(name, value)}
		if _, err := parse(message(c, r)); err != nil {
			t.Fatal(err)
		}
		c.Format = FormatBSD
		if m := message(c, r); len(m) > c.MaxBytes || strings.ContainsAny(m, "\n\x00") || !utf8.ValidString(m) {
			t.Fatalf("%d bytes: %q", len(m), m)
		}
	})
}
