package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/export"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// dumpOf is a file as dwdump writes it, of messages that real kernels sent.
func dumpOf(t testing.TB, kernel string, names ...string) []byte {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("messages are little-endian")
	}
	var file bytes.Buffer
	w, err := export.NewNetlinkWriter(&file, 0xffff)
	if err != nil {
		t.Fatal(err)
	}
	var id []byte // of the family
	for i, name := range append([]string{"family"}, names...) {
		message, err := os.ReadFile(filepath.Join("..", "netdm", "testdata", kernel, name+".bin"))
		if i == 0 && err == nil {
			id = bytes.Clone(message[16+4+16 : 16+4+18]) // follows the name
		} else if err == nil {
			copy(message[4:], id) // some were captured after another boot
		}
		if err == nil {
			err = w.Write(epoch.Add(time.Duration(i)*time.Second), message)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func TestReplayDump(t *testing.T) {
	file := dumpOf(t, "6.1", "alert-packet", "alert-summary", "alert-hardware-packet", "alert-packet")
	p := play(t, file, Options{}, session.Config{})
	r := p.summary
	if p.err != nil || r.Source != "netdm" || r.Host != "" || r.Total.Packets < 4 || !r.From.Equal(epoch.Truncate(time.Microsecond)) {
		t.Errorf("%v, head %+v", p.err, r)
	}
	found := 0
	for _, d := range r.Drops {
		if d.Reason == "NO_SOCKET" {
			found++
			if d.Packets != 2 || d.Location == nil || !strings.Contains(d.Location.Symbol, "udp") || d.Class != "peer" || d.Sample == nil {
				t.Errorf("row %+v at %+v", d, d.Location)
			}
		}
		if d.Trap != nil {
			found++
		}
	}
	if found != 2 {
		t.Errorf("rows %s", rowsOf(r))
	}
	if len(r.Coverage) == 0 || !strings.Contains(r.Coverage[0].Why, "neither its host") {
		t.Errorf("coverage %+v", r.Coverage)
	}
}

func TestReplayDumpCut(t *testing.T) {
	file := dumpOf(t, "6.12", "alert-packet", "alert-packet")
	p := play(t, file[:len(file)-1], Options{}, session.Config{})
	if p.summary.Total.Packets != 1 || len(p.source.Warnings()) != 1 || p.err != nil {
		t.Errorf("%d packets, warnings %q, %v", p.summary.Total.Packets, p.source.Warnings(), p.err)
	}
	p = play(t, file[:24], Options{}, session.Config{})
	if !errors.Is(p.err, ErrForeign) {
		t.Errorf("without the family: %v", p.err)
	}
}

func TestParseSymbol(t *testing.T) {
	for text, want := range map[string]symbols.Symbol{
		"udp_rcv+0x4bc/0x530":                     {Name: "udp_rcv", Offset: 0x4bc, Size: 0x530, Address: 0xffff0000 - 0x4bc},
		"nft_do_chain+0x10/0x20 [nf_tables]":      {Name: "nft_do_chain", Offset: 0x10, Size: 0x20, Address: 0xffff0000 - 0x10, Module: "nf_tables"},
		"nft_do_chain_of_long_name+0x10/0x20 [nf": {Name: "nft_do_chain_of_long_name", Offset: 0x10, Size: 0x20, Address: 0xffff0000 - 0x10},
		"__netif_receive_skb_core.constprop.0+0x": {Name: "__netif_receive_skb_core.constprop.0", Address: 0xffff0000},
		"__netif_receive_skb_one_core.constprop.": {Name: "__netif_receive_skb_one_core.constprop.", Address: 0xffff0000},
		"udp_rcv+0xffffffffffffffff/0x1":          {Name: "udp_rcv", Size: 1, Address: 0xffff0000},
		"udp_rcv+junk/junk":                       {Name: "udp_rcv", Address: 0xffff0000},
	} {
		if got, ok := parseSymbol(text, 0xffff0000); !ok || got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "0xffffffff81000000", "+0x1/0x2"} {
		if got, ok := parseSymbol(text, 1); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
