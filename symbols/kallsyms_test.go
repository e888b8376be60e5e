package symbols

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParseErrors(t *testing.T) {
	const good = "ffffffff81000000 T _stext\n"
	tests := []struct {
		name, input, want string
	}{
		{"no address", good + " T name\n", "line 2: want an address"},
		{"address too long", "0ffffffff81000000 T name\n", "line 1: want an address"},
		{"capitals", "FFFFFFFF81000000 T name\n", "line 1: want an address"},
		{"no type", good + good + "ffffffff81000000 \n", "line 3: want a type"},
		{"only address", "ffffffff81000000\n", "line 1: want a type"},
		{"long type", "ffffffff81000000 TT name\n", "line 1: want a type"},
		{"no name", "ffffffff81000000 T \n", "line 1: invalid symbol name"},
		{"control character", "ffffffff81000000 T a\x01b\n", "line 1: want nothing or [module]"},
		{"name too long", "ffffffff81000000 T " + strings.Repeat("a", maxName+1) + "\n", "line 1: invalid symbol name"},
		{"module without brackets", "ffffffff81000000 T a\tm\n", "line 1: want nothing or [module]"},
		{"module without name", "ffffffff81000000 T a\t[]\n", "line 1: invalid module name"},
		{"module with blank", "ffffffff81000000 T a\t[m n]\n", "line 1: invalid module name"},
		{"trailing blank", "ffffffff81000000 T a \n", "line 1: want nothing or [module]"},
		{"carriage return", "ffffffff81000000 T a\r\n", "line 1: want nothing or [module]"},
		{"empty line", good + "\n", "line 2: want an address"},
		{"long line", good + strings.Repeat("f", maxLine+1) + "\n", "line 2: longer than"},
		{"very long line", good + strings.Repeat("f", 1<<20), "line 2: longer than"},
		{"empty", "", "no function"},
		{"only data", "ffffffff81000000 D data\n", "no function"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(test.input))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if errors.Is(err, os.ErrPermission) {
				t.Errorf("%v claims a lack of permission", err)
			}
		})
	}
}

func TestParseReadError(t *testing.T) {
	broken := errors.New("broken")
	_, err := Parse(iotest.ErrReader(broken))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestParseRestricted(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "kallsyms-restricted"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = Parse(f)
	if !errors.Is(err, ErrRestricted) || !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v, want ErrRestricted", err)
	}
	for _, cure := range []string{"CAP_SYSLOG", "kernel.kptr_restrict"} {
		if !strings.Contains(err.Error(), cure) {
			t.Errorf("%q does not name %s", err, cure)
		}
	}
}

func TestParseForms(t *testing.T) {
	for _, input := range []string{
		"c0008000 T short\n",                    // 32-bit kernel
		"ffffffff81000000 T short",              // no newline at the end
		"ffffffff81000000 T short [mod]\n",      // copied through a terminal
		"1 T short\nffffffffffffffff D the_end", // extremes
		"ffffffff81000000 ? other\nffffffff81000010 t short\n",
	} {
		table, err := Parse(strings.NewReader(input))
		if err != nil {
			t.Errorf("%q: %v", input, err)
			continue
		}
		if table.Len() != 1 {
			t.Errorf("%q: %d symbols", input, table.Len())
		}
	}
}

func TestParseTooManyModules(t *testing.T) {
	var in bytes.Buffer
	for i := range 1 << 16 {
		fmt.Fprintf(&in, "%x t f\t[m%d]\n", 0x1000+i, i)
	}
	_, err := Parse(&in)
	if err == nil || !strings.Contains(err.Error(), "line 65536: too many modules") {
		t.Errorf("got %v", err)
	}
}

// The order of lines decides between aliases and nothing else.
func TestParseOrder(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "kallsyms-x86_64"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	aliased := map[string]bool{}
	for i, l := range lines {
		aliased[l[:16]] = aliased[l[:16]] || i > 0 && lines[i-1][:16] == l[:16]
	}
	var reversed []string
	for i := len(lines) - 1; i >= 0; i-- {
		if !aliased[lines[i][:16]] {
			reversed = append(reversed, lines[i])
		}
	}
	if len(reversed) < 20 {
		t.Fatalf("only %d lines", len(reversed))
	}
	var straight []string
	for i := len(reversed) - 1; i >= 0; i-- {
		straight = append(straight, reversed[i])
	}
	a, errA := Parse(strings.NewReader(strings.Join(straight, "\n")))
	b, errB := Parse(strings.NewReader(strings.Join(reversed, "\n")))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for pc := uint64(0xffffffff81000000); pc < 0xffffffffc0b50000; pc += 0x3f0 {
		sa, okA := a.Resolve(pc)
		sb, okB := b.Resolve(pc)
		if sa != sb || okA != okB {
			t.Fatalf("%#x: %v and %v", pc, sa, sb)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"kallsyms-x86_64", "kallsyms-arm64", "kallsyms-restricted"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint64(0xffffffff81f0a4bc))
	}
	f.Add([]byte("1 t a\n100000001 t b\n2 t c\n"), uint64(0x100000002))
	f.Add([]byte("ffffffffffffffff t a"), uint64(0xffffffffffffffff))
	f.Fuzz(func(t *testing.T, data []byte, pc uint64) {
		table, err := Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, b := range table.blocks { // each symbol is found at its own address
			for _, pc := range []uint64{b.base, pc, pc + b.base, b.base - 1} {
				s, ok := table.Resolve(pc)
				if ok && (s.Name == "" || s.Offset >= s.Size || s.Address+s.Offset != pc) {
					t.Fatalf("Resolve(%#x) = %+v", pc, s)
				}
				if !ok && pc == b.base {
					t.Fatalf("no symbol at the start of a block, %#x", pc)
				}
				if r, found := table.ResolveReturn(pc + 1); pc+1 != 0 && (found != ok || found && r.Offset != s.Offset+1) {
					t.Fatalf("ResolveReturn(%#x) = %+v, Resolve(%#x) = %+v", pc+1, r, pc, s)
				}
			}
		}
	})
}
