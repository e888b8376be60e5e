package symbols

import (
	"strings"
	"testing"
)

func TestParsePrinted(t *testing.T) {
	const address = 0xffffffffc0a303f8
	tests := []struct {
		name, text string
		known, bad bool
	}{
		{"module", "nft_do_chain+0x3e8/0x5d0 [nf_tables]", true, false},
		{"built-in", "__udp4_lib_rcv+0x48c/0xbd0", true, false},
		{"suffix", "udp4_gro_receive.part.0+0x0/0xc0", true, false},
		{"ended by zero", "udp_rcv+0x1/0x2\x00\x00rest", true, false},
		{"unknown", "0xffffffffc0a303f8", false, false},
		{"padding", "__pfx_udp_rcv+0x1/0x10", false, false},
		{"other address", "0xffffffffc0a303f9", false, true},
		{"hashed", "00000000e3f8a5c1", false, true},
		{"no hash yet", "(____ptrval____)", false, true},
		{"bad pointer", "(efault)", false, true},
		{"empty", "", false, true},
		{"no size", "udp_rcv+0x1", false, true},
		{"no offset", "udp_rcv", false, true},
		{"no name", "+0x1/0x2", false, true},
		{"decimal", "udp_rcv+1/0x2", false, true},
		{"capitals", "udp_rcv+0xA/0x20", false, true},
		{"leading zero", "udp_rcv+0x01/0x2", false, true},
		{"underscore", "udp_rcv+0x1_0/0x20", false, true},
		{"offset is size", "udp_rcv+0x2/0x2", false, true},
		{"offset beyond address", "udp_rcv+0xfffffffffffffff0/0xffffffffffffffff", false, true},
		{"too many digits", "udp_rcv+0x1/0x10000000000000000", false, true},
		{"module without brackets", "udp_rcv+0x1/0x2 nf_tables", false, true},
		{"empty module", "udp_rcv+0x1/0x2 []", false, true},
		{"module and build id", "udp_rcv+0x1/0x2 [nf_tables 0123456789abcdef]", false, true},
		{"two blanks", "udp_rcv+0x1/0x2  [m]", false, true},
		{"trailing blank", "udp_rcv+0x1/0x2 ", false, true},
		{"newline", "udp_rcv+0x1/0x2\n", false, true},
		{"long", strings.Repeat("a", maxPrinted) + "+0x1/0x2", false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, known, err := parsePrinted(test.text, address)
			if known != test.known || (err != nil) != test.bad {
				t.Fatalf("got %v, %v, %v", s, known, err)
			}
			want, _, _ := strings.Cut(test.text, "\x00")
			if known && (s.String() != want || s.Address+s.Offset != address) {
				t.Errorf("got %v at %#x", s, s.Address)
			}
		})
	}
}

func FuzzParsePrinted(f *testing.F) {
	f.Add("nft_do_chain+0x3e8/0x5d0 [nf_tables]", uint64(0xffffffffc0a303f8))
	f.Add("0xffffffffc0a303f8", uint64(0xffffffffc0a303f8))
	f.Add("a+b+0x0/0x1", uint64(0))
	f.Fuzz(func(t *testing.T, text string, address uint64) {
		s, known, err := parsePrinted(text, address)
		if known != (err == nil && s.Name != "") {
			t.Fatalf("%q: %+v, %v, %v", text, s, known, err)
		}
		if !known {
			return
		}
		printed, _, _ := strings.Cut(text, "\x00")
		if s.String() != printed || s.Offset >= s.Size || s.Address+s.Offset != address {
			t.Fatalf("%q at %#x: %+v", text, address, s)
		}
	})
}
