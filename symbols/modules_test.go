package symbols

import "testing"

func TestModuleList(t *testing.T) {
	const before = "nf_tables 372736 3 nft_ct,nft_reject, Live 0xffffffffc0a10000\nveth 40960 0 - Live 0xffffffffc0900000 (OE)\n"
	const used = "nf_tables 372736 9 nft_ct, Live 0xffffffffc0a10000\nveth 40960 1 - Live 0xffffffffc0900000 (OE)\n"
	const more = "tun 61440 0 - Live 0xffffffffc0b00000\n" + before
	if moduleList(before) != moduleList(used) {
		t.Error("a use of a module counts as a change")
	}
	if moduleList(before) == moduleList(more) || moduleList(before) == "" {
		t.Error("a new module does not count as a change")
	}
	if moduleList("garbled\n\n") != "" {
		t.Error("a garbled line is a module")
	}
}
