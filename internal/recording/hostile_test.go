package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/session"
)

// A block is one of our own.
type block struct {
	kind  uint32
	value any
}

// written is a file of blocks.
func written(t testing.TB, blocks ...block) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapng.NewWriter(&file, pcapng.Section{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(pcapng.Interface{}); err != nil {
		t.Fatal(err)
	}
	file.Reset() // the interface must not stand before the head
	if w, err = pcapng.NewWriter(&file, pcapng.Section{}); err != nil {
		t.Fatal(err)
	}
	for i, b := range blocks {
		text, err := json.Marshal(b.value)
		if err != nil {
			t.Fatal(err)
		}
		if b.kind == 0 {
			err = w.WritePacket(b.value.(*pcapng.Packet))
		} else {
			err = w.WriteLocal(b.kind, text)
		}
		if i == 0 && err == nil {
			_, err = w.AddInterface(pcapng.Interface{LinkType: linkRaw})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

var goodHead = head{Schema: Schema, ID: "a", File: 1, Host: "h", Kernel: "k", Source: "ebpf", From: epoch, Tells: "reason"}

func TestHostileFiles(t *testing.T) {
	change := func(f func(*head)) head { h := goodHead; f(&h); return h }
	good := row{Row: 1, Packets: 1, Buffers: 1, Reason: "R"}
	long := strings.Repeat("x", maxRow)
	for name, test := range map[string]struct {
		blocks []block
		want   string
	}{
		"newer":             {[]block{{kindHead, change(func(h *head) { h.Schema = "dropwatch.recording.v2" })}}, "newer dropwatch"},
		"in the year 1":     {[]block{{kindHead, change(func(h *head) { h.From = time.Time{} })}}, "begins at"},
		"tells of nothing":  {[]block{{kindHead, change(func(h *head) { h.Tells = "taste" })}}, "taste"},
		"long head":         {[]block{{kindHead, change(func(h *head) { h.Host = long })}}, "bytes are more than"},
		"row 0":             {[]block{{kindHead, goodHead}, {kindRow, row{}}}, "number is 0"},
		"row too high":      {[]block{{kindHead, goodHead}, {kindRow, row{Row: maxRows + 1}}}, "not from 1 to"},
		"long row":          {[]block{{kindHead, goodHead}, {kindRow, row{Row: 1, Reason: long}}}, "bytes are more than"},
		"no row":            {[]block{{kindHead, goodHead}, {0, &pcapng.Packet{Row: 1}}}, "row 1 is not in the file"},
		"a gap":             {[]block{{kindHead, goodHead}, {kindRow, row{Row: 3}}, {0, &pcapng.Packet{Row: 2}}}, "row 2 is not in the file"},
		"of no row":         {[]block{{kindHead, goodHead}, {kindRow, good}, {0, &pcapng.Packet{}}}, "row 0 is not in the file"},
		"row is a list":     {[]block{{kindHead, goodHead}, {kindRow, []int{1}}}, "read row"},
		"counts are a text": {[]block{{kindHead, goodHead}, {kindCounts, "many"}}, "read counts"},
		"end is a number":   {[]block{{kindHead, goodHead}, {kindEnd, 1}}, "read end"},
		"of a later kind":   {[]block{{kindHead, goodHead}, {99, "?"}}, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := Open(bytes.NewReader(written(t, test.blocks...)), Options{})
			if err == nil {
				err = source.Receive(time.Time{}, func(*dropmon.Drop) {})
			}
			if err == nil {
				err = source.err
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// Texts that come from a file do not reach a terminal as they are.
func TestHostileTexts(t *testing.T) {
	evil := "a\x1b[31m\u009b2J" + strings.Repeat("ö", maxText)
	r := row{Row: 1, Packets: 1, Buffers: 1, Reason: evil, Location: &location{Address: 5, Symbol: evil}}
	h := goodHead
	h.Host = "evil\x1b]0;\a"
	p := play(t, written(t, block{kindHead, h}, block{kindRow, r}, block{0, &pcapng.Packet{Row: 1, Time: epoch.UnixNano()}}), Options{}, session.Config{})
	d := p.summary.Drops[0]
	for _, text := range []string{p.summary.Host, d.Reason, d.Location.Symbol} {
		if !printable(text) || !strings.Contains(text, "?") {
			t.Errorf("%.40q of %d bytes", text, len(text))
		}
	}
}

// Whatever a packet says of its length and time.
func TestHostilePackets(t *testing.T) {
	for i, test := range []struct {
		row    row
		packet pcapng.Packet
	}{
		{row{Link: -5}, pcapng.Packet{}},
		{row{Link: 1 << 40, Protocol: dropmon.EtherTypeIPv4}, pcapng.Packet{Data: make([]byte, 20), Length: 3}},
		{row{Link: 14, Protocol: dropmon.EtherTypeIPv6, Packets: 1 << 63, Buffers: 1 << 63}, pcapng.Packet{Data: make([]byte, 100), Length: 0xffffffff, Time: 1<<63 - 1}},
		{row{Trap: nil, Location: &location{Offset: 9}}, pcapng.Packet{Row: 0xffff0000, Time: -9}},
	} {
		test.row.Row, test.packet.Row = 1, test.packet.Row|1
		file := written(t, block{kindHead, goodHead}, block{kindRow, test.row}, block{0, &test.packet}, block{0, &test.packet})
		p := play(t, file, Options{}, session.Config{Packets: true, All: true})
		if p.err != nil || len(p.packets) != 2 {
			t.Errorf("%d: %d packets, %v", i, len(p.packets), p.err)
		}
	}
}

func FuzzReplay(f *testing.F) {
	f.Add(record(f, &fake{drops: dropped(20), stats: missed}, Config{All: true}).file)
	f.Add(written(f, block{kindHead, goodHead}, block{kindEnd, end{More: true}}))
	for _, kernel := range []string{"5.10", "6.1"} {
		f.Add(dumpOf(f, kernel, "alert-packet", "alert-summary", "alert-hardware-packet"))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		source, err := Open(bytes.NewReader(file), Options{Devices: []string{"eth0", "lo"}[:len(file)%3%2]})
		if err != nil {
			return
		}
		n := 0
		err = source.Receive(time.Time{}, func(d *dropmon.Drop) {
			n++
			if len(d.Packet) < d.LinkLength || d.Last.Before(time.Unix(0, 0)) {
				t.Errorf("%+v", d)
			}
			_ = fmt.Sprint(source.symbol(d.Location))
		})
		if err == nil && source.To().Before(source.head.From) {
			t.Errorf("it ends at %v and begins at %v", source.To(), source.head.From)
		}
		if len(source.symbols) > maxSymbols || n > len(file) {
			t.Errorf("%d symbols, %d drops of %d bytes", len(source.symbols), n, len(file))
		}
	})
}
