package symbols

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fixture(t testing.TB, name string) *Table {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name, file string
		pc         uint64
		want       string // empty: unknown
	}{
		{"start", "x86_64", 0xffffffff81f0a030, "__udp4_lib_rcv+0x0/0xbd0"},
		{"inside", "x86_64", 0xffffffff81f0a4bc, "__udp4_lib_rcv+0x48c/0xbd0"},
		{"last byte before padding", "x86_64", 0xffffffff81f0abff, "__udp4_lib_rcv+0xbcf/0xbd0"},
		{"cfi padding", "x86_64", 0xffffffff81f0ac0f, ""},
		{"pfx padding", "x86_64", 0xffffffff81f0a02f, ""},
		{"compiler suffix", "x86_64", 0xffffffff81f0ac41, "udp4_gro_receive.part.0+0x1/0xc0"},
		{"first alias", "x86_64", 0xffffffff821f6481, "memcpy+0x1/0x4190"},
		{"marker at padding", "x86_64", 0xffffffff821fa618, ""},
		{"weak", "x86_64", 0xffffffff821fa661, "__weak_default+0x1/0x114a0"},
		{"local weak", "x86_64", 0xffffffff8220bb07, "__local_weak+0x7/0x8"},
		{"behind core text", "x86_64", 0xffffffff8220bb08, ""},
		{"data", "x86_64", 0xffffffff82400010, ""},
		{"behind init text", "x86_64", 0xffffffff837f8910, ""},
		{"below everything", "x86_64", 0xffffffff80ffffff, ""},
		{"zero", "x86_64", 0, ""},
		{"highest", "x86_64", 0xffffffffffffffff, ""},
		{"module", "x86_64", 0xffffffffc0a303f8, "nft_do_chain+0x3e8/0x5d0 [nf_tables]"},
		{"module data ends text", "x86_64", 0xffffffffc0a38000, ""},
		{"module listed later", "x86_64", 0xffffffffc0202001, "br_handle_frame+0x1/0x400 [bridge]"},
		{"last of module", "x86_64", 0xffffffffc0202400, "br_pass_frame_up+0x0/0x100000 [bridge]"},
		{"gap between modules", "x86_64", 0xffffffffc0302400, ""},
		{"last symbol", "x86_64", 0xffffffffc0a41000 + maxSize - 1, "nft_do_chain_cold+0xfffff/0x100000 [nf_tables]"},
		{"behind last symbol", "x86_64", 0xffffffffc0a41000 + maxSize, ""},
		{"BPF program", "x86_64", 0xffffffffc0009e44, "bpf_prog_6deef7357e7b4530_sd_devices+0x4/0x100000 [bpf]"},
		{"trampoline", "x86_64", 0xffffffffc0201010, "ftrace_trampoline+0x10/0x1000 [__builtin__ftrace]"},

		{"core", "arm64", 0xffff800080ab0010, "__udp4_lib_rcv+0x10/0xc40"},
		{"alias", "arm64", 0xffff800080ab0c44, "udp_rcv+0x4/0x40"},
		{"core text capped", "arm64", 0xffff800080ab0c80 + maxSize, ""},
		{"mapping symbol at start", "arm64", 0xffff80007a5b0000, "nft_do_chain+0x0/0x5d0 [nf_tables]"},
		{"behind $d, $x.12 and .L", "arm64", 0xffff80007a5b0300, "nft_do_chain+0x300/0x5d0 [nf_tables]"},
		{"not ended by $d.3", "arm64", 0xffff80007a5b0604, "nft_trace_init+0x34/0x130 [nf_tables]"},
		{"far block", "arm64", 0xffff000002000004, "bpf_prog_0123456789abcdef+0x4/0x100000 [bpf]"},
		{"between blocks", "arm64", 0xffff400000000000, ""},
	}
	tables := map[string]*Table{}
	for _, file := range []string{"x86_64", "arm64"} {
		tables[file] = fixture(t, "kallsyms-"+file)
	}
	for _, test := range tests {
		t.Run(test.file+" "+test.name, func(t *testing.T) {
			s, ok := tables[test.file].Resolve(test.pc)
			if ok != (test.want != "") || ok && s.String() != test.want {
				t.Errorf("Resolve(%#x) = %v, %v, want %q", test.pc, s, ok, test.want)
			}
			if ok && s.Address+s.Offset != test.pc {
				t.Errorf("address %#x + offset %#x is not %#x", s.Address, s.Offset, test.pc)
			}
		})
	}
}

func TestResolveReturn(t *testing.T) {
	table := fixture(t, "kallsyms-x86_64")
	tests := []struct {
		name string
		pc   uint64
		want string
	}{
		{"inside", 0xffffffff81f0a4bc, "__udp4_lib_rcv+0x48c/0xbd0"},
		{"call at the end, next is a function", 0xffffffff81f0ac40, "udp_rcv+0x30/0x30"},
		{"call at the end, next is padding", 0xffffffff81f0ac00, "__udp4_lib_rcv+0xbd0/0xbd0"},
		{"call at the end of text", 0xffffffff8220bb08, "__local_weak+0x8/0x8"},
		{"start without a function before", 0xffffffff81f0a010, ""},
		{"zero", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, ok := table.ResolveReturn(test.pc)
			if ok != (test.want != "") || ok && s.String() != test.want {
				t.Errorf("ResolveReturn(%#x) = %v, %v, want %q", test.pc, s, ok, test.want)
			}
		})
	}
}

func TestSymbolFields(t *testing.T) {
	got, _ := fixture(t, "kallsyms-x86_64").Resolve(0xffffffffc0a303f8)
	want := Symbol{Name: "nft_do_chain", Module: "nf_tables", Address: 0xffffffffc0a30010, Offset: 0x3e8, Size: 0x5d0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := (Symbol{Address: 0xffff, Offset: 1}).String(); got != "0x10000" {
		t.Errorf("symbol without name = %q", got)
	}
}

func TestResolveDoesNotAllocate(t *testing.T) {
	table := fixture(t, "kallsyms-x86_64")
	found := true
	n := testing.AllocsPerRun(100, func() {
		_, a := table.Resolve(0xffffffffc0a303f8)
		_, b := table.ResolveReturn(0xffffffff81f0a4bc)
		found = found && a && b
	})
	if n != 0 || !found {
		t.Errorf("%v allocations, found %v", n, found)
	}
}
