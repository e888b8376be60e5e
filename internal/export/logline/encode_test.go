package logline

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var zone = time.FixedZone("", 2*3600)

var example = Record{
	Time:     time.Date(2026, 3, 1, 12, 0, 3, 4005000, zone),
	Severity: Warning,
	Event:    "drop",
	Text:     `12 packets dropped: "no socket", eth0`,
	Fields: []Field{
		Text("reason", "NO_SOCKET"),
		Count("packets", 18446744073709551615),
		Text("process", `a "b" = \c`),
		Text("empty", ""),
		Text("device", "eth0\n\x1b[2J\u202e\xff é"),
	},
}

func TestEncoders(t *testing.T) {
	for _, test := range []struct {
		name string
		e    Encoder
		want string
	}{
		{"text", TextEncoder{}, `2026-03-01T12:00:03.004005+02:00 warning drop: 12 packets dropped: "no socket", eth0` + "\n"},
		{"text with fields", TextEncoder{Fields: true},
			`2026-03-01T12:00:03.004005+02:00 warning drop: 12 packets dropped: "no socket", eth0 reason=NO_SOCKET packets=18446744073709551615 process="a \"b\" = \\c" empty="" device="eth0\n\x1b[2J\u202e\xff é"` + "\n"},
		{"json", JSONEncoder{},
			`{"schema":"dropwatch.log.v1","time":"2026-03-01T10:00:03.004005Z","severity":"warning","event":"drop","text":"12 packets dropped: \"no socket\", eth0","reason":"NO_SOCKET","packets":18446744073709551615,"process":"a \"b\" = \\c","empty":"","device":"eth0\n\u001b[2J\u202e\ufffd é"}` + "\n"},
		{"csv", NewCSVEncoder("reason", "netns", "packets"), "time,severity,event,text,reason,netns,packets,other\n" +
			`2026-03-01T12:00:03.004005+02:00,warning,drop,"12 packets dropped: ""no socket"", eth0",NO_SOCKET,,18446744073709551615,"process=""a \""b\"" = \\c"" empty="""" device=""eth0\n\x1b[2J\u202e\xff é"""` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := string(test.e.AppendLine(test.e.AppendHeader(nil), &example))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"netns_inode":           "netns_inode",
		"":                      "_",
		"Reason.Code 2":         "reason_code_2",
		`a"]=b`:                 "a___b",
		strings.Repeat("x", 40): strings.Repeat("x", 32),
	} {
		if got := string(AppendName(nil, name)); got != want {
			t.Errorf("name %q is written as %q, not %q", name, got, want)
		}
	}
	got := string(JSONEncoder{}.AppendLine(nil, &Record{Fields: []Field{Text("time", "x")}}))
	if want := `{"schema":"dropwatch.log.v1","time":"0001-01-01T00:00:00Z","severity":"emerg","event":"","text":"","field_time":"x"}` + "\n"; got != want {
		t.Error(got)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":             "",
		"plain é 漢":    "plain é 漢",
		"a\nb\r\tc":    `a\nb\r\tc`,
		"\x00\x7f":     `\x00\x7f`,
		"\u0085\u2028": `\x85\u2028`,
		"a\xe9b\xc3":   `a\xe9b\xc3`,
		`back\slash`:   `back\slash`,
		"\u202edrow":   `\u202edrow`,
	} {
		if got := string(AppendPrintable(nil, text)); got != want {
			t.Errorf("%q is written as %q, not %q", text, got, want)
		}
	}
}

func TestEncodersDoNotAllocate(t *testing.T) {
	r := example
	b := make([]byte, 0, 4096)
	for _, e := range []Encoder{TextEncoder{Fields: true}, JSONEncoder{}} {
		if n := testing.AllocsPerRun(100, func() { b = e.AppendLine(b[:0], &r) }); n != 0 {
			t.Errorf("%T allocates %v times a line", e, n)
		}
	}
}

// FuzzEncoders reads back what was written: each line is one line, and what is in
// it is what was in the record.
func FuzzEncoders(f *testing.F) {
	f.Add("drop", "text", "value", uint64(1), int64(0))
	f.Add("", "a\nb", `"quoted\" = `, uint64(1<<63), int64(1e18))
	f.Add("\xff", "\u2028", "\x00,\r\n", uint64(0), int64(-1))
	f.Fuzz(func(t *testing.T, event, text, value string, n uint64, nanos int64) {
		r := Record{Time: time.Unix(0, nanos).UTC(), Severity: Notice, Event: event, Text: text, Fields: []Field{Text("name", value), Count("count", n)}}
		for _, e := range []Encoder{TextEncoder{Fields: true}, JSONEncoder{}, NewCSVEncoder("name"), NewCSVEncoder()} {
			line := e.AppendLine(nil, &r)
			if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' || !utf8.Valid(line) {
				t.Fatalf("%T: not one line of UTF-8: %q", e, line)
			}
		}
		readJSON(t, &r)
		readCSV(t, &r)
		readText(t, &r)
	})
}

func readJSON(t *testing.T, r *Record) {
	line := JSONEncoder{}.AppendLine(nil, r)
	var got struct {
		Schema, Severity, Event, Text, Name string
		Time                                time.Time
		Count                               uint64
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	valid := func(s string) string { return string([]rune(s)) }
	if got.Schema != Schema || got.Severity != "notice" || got.Event != valid(r.Event) || got.Text != valid(r.Text) ||
		got.Name != valid(r.Fields[0].Value) || got.Count != r.Fields[1].Number || !got.Time.Equal(r.Time) {
		t.Fatalf("%s gives %+v", line, got)
	}
}

func readCSV(t *testing.T, r *Record) {
	e := NewCSVEncoder("name")
	line := e.AppendLine(nil, r)
	rows, err := csv.NewReader(bytes.NewReader(line)).ReadAll()
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %v", line, err)
	}
	want := []string{r.Time.Format(timeLayout), "notice", printable(r.Event), printable(r.Text), printable(r.Fields[0].Value), fmt.Sprintf("count=%d", r.Fields[1].Number)}
	if !slices.Equal(rows[0], want) {
		t.Fatalf("%q gives %q, not %q", line, rows[0], want)
	}
}

// readText finds the value from the end, for the text before it is free.
func readText(t *testing.T, r *Record) {
	line := string(TextEncoder{Fields: true}.AppendLine(nil, r))
	rest, ok := strings.CutSuffix(line, " count="+strconv.FormatUint(r.Fields[1].Number, 10)+"\n")
	value, ok2 := strings.CutPrefix(rest, string(TextEncoder{}.AppendLine(nil, r)[:len(TextEncoder{}.AppendLine(nil, r))-1])+" name=")
	if !ok || !ok2 {
		t.Fatalf("%q", line)
	}
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		quoted, ok = strings.CutSuffix(quoted, `"`)
		if !ok {
			t.Fatalf("no end of value in %q", line)
		}
		value = unquote(t, quoted)
	} else if strings.ContainsAny(value, " \"=\\") || value == "" {
		t.Fatalf("value %q needs quotation marks", value)
	}
	if value != printable(r.Fields[0].Value) {
		t.Fatalf("%q gives %q", line, value)
	}
}

// unquote undoes \" and \\, which AppendPairs adds to what is printable.
func unquote(t *testing.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			t.Fatalf("bare quotation mark in %q", s)
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
