package main

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// TestRootSummaryCSV: a line for each row, the same columns every time.
func TestRootSummaryCSV(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "summary", "--for", "1m", "--count", "100", "--netns", l.name, "--csv")
	l.drop(t, 100)
	c.wait(t, 0)
	table, err := csv.NewReader(strings.NewReader(c.out.String())).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("%d lines, %v:\n%s", len(table), err, &c.out)
	}
	row := make(map[string]string)
	for i, name := range table[0] {
		row[name] = table[1][i]
	}
	for name, want := range map[string]string{
		"event": "drop", "packets": "100", "bytes": "4000", "reason": "NO_SOCKET", "class": "peer",
		"netns": l.name, "interface": "lo", "function": "__udp4_lib_rcv", "discard": "port_unreachable",
	} {
		if row[name] != want {
			t.Errorf("%s is %q, want %q", name, row[name], want)
		}
	}
	if !slices.Contains(table[0], "culprit") {
		t.Errorf("columns %q", table[0])
	}
}
