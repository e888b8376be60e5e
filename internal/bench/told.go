package main

import (
	"bytes"
	"encoding/json"
	"strconv"

	"dropwatch/internal/report"
)

// headers is what a datagram has before its data: Ethernet, IP and UDP.
const (
	linkHeader = 14
	headers    = linkHeader + 20 + 8
)

// classicLine reads a line of the C program or of our shell, in either mode.
func classicLine(t *tally, line []byte) {
	if text, ok := bytes.CutPrefix(line, []byte("original length: ")); ok {
		if mark, err := strconv.Atoi(string(text)); err == nil {
			t.packets[mark]++
		}
		return
	}
	if digits, place, ok := bytes.Cut(line, []byte(" drops at ")); ok {
		place, _, _ = bytes.Cut(place, []byte(" ["))
		if n, err := strconv.Atoi(string(digits)); err == nil {
			t.places[string(place)] += n
		}
		return
	}
	missedLine(t, line)
}

// jsonLine reads a packet or a summary as JSON. To decode all of a packet would
// take the guest longer than to send it.
func jsonLine(t *tally, line []byte) {
	switch {
	case bytes.HasPrefix(line, []byte(`{"schema":"`+report.SummarySchema)):
		summaryLine(t, line)
	case !bytes.HasPrefix(line, []byte(`{"schema":"`+report.PacketSchema)) || !bytes.HasSuffix(line, []byte("}")):
		missedLine(t, line)
	default:
		_, after, _ := bytes.Cut(line, []byte(`,"length":`))
		digits, _, _ := bytes.Cut(after, []byte(","))
		if length, err := strconv.Atoi(string(digits)); err == nil {
			t.packets[length+linkHeader]++
		}
	}
}

func summaryLine(t *tally, line []byte) {
	var s report.Summary
	if json.Unmarshal(line, &s) != nil {
		return // half a line at the end, which is missing in the sum
	}
	for _, d := range s.Drops {
		if d.Location != nil {
			t.places[d.Location.Address] += int(d.Packets)
		}
	}
	t.missed += int(s.Missed.Events + s.Missed.Packets)
	t.atLeast = t.atLeast || s.Missed.AtLeast
}

// missedLine reads what our program says about its losses.
func missedLine(t *tally, line []byte) {
	text, ok := bytes.CutPrefix(line, []byte("missed: "))
	if !ok {
		return
	}
	for part := range bytes.SplitSeq(text, []byte("; ")) {
		digits, _, _ := bytes.Cut(part, []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if err != nil { // "more drops than ..."
			t.atLeast = true
			continue
		}
		t.missed += n
	}
}
