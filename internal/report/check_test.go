package report

import (
	"bytes"
	"testing"
)

func TestCheckText(t *testing.T) {
	for want, c := range map[string]Check{
		"DROPWATCH OK - fine\n":                               {Text: "fine"},
		"DROPWATCH UNKNOWN - a / b; c\n":                      {Status: StatusUnknown, Text: "a | b\nc"},
		"DROPWATCH WARNING - x | 'a'=1;2;;0;\nb / c\n":        {Status: StatusWarning, Text: "x", Perf: []Perf{{Label: "a", Value: "1", Warning: "2"}}, Long: []string{"b | c"}},
		"DROPWATCH CRITICAL - x | 'a'=1;;~:5;0; 'b'=2;;;0;\n": {Status: StatusCritical, Text: "x", Perf: []Perf{{Label: "a", Value: "1", Critical: "~:5"}, {Label: "b", Value: "2"}}},
	} {
		var got bytes.Buffer
		if err := c.WriteText(&got); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
	}
}

func TestBrief(t *testing.T) {
	d := noSocket()
	if got, want := d.Brief(), "100 NO_SOCKET (peer) in __udp4_lib_rcv+0x4bc, b:veth0, IPv4 UDP, dnsd (pid 812), 10.0.0.1:4000 > 10.0.0.2:9 (28 bytes)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	odd := Drop{Packets: 2, Reason: "A\x1b[31m\nB"}
	if got, want := odd.Brief(), "2 A?[31m?B"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&Drop{Packets: 3, Other: true}).Brief(), "3 of all other kinds"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
