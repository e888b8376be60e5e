package symbols

import (
	"errors"
	"os"
	"testing"
)

func TestLoadReasons(t *testing.T) {
	r, err := LoadReasons()
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("this kernel has no BTF: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(r.All()) == 0 {
		t.Skip("this kernel is older than the drop reasons")
	}
	for _, name := range []string{"NO_SOCKET", "NOT_SPECIFIED", "NETFILTER_DROP"} {
		codes := r.Code(name)
		if len(codes) != 1 {
			t.Errorf("codes of %s: %v", name, codes)
			continue
		}
		if subsystem, got, ok := r.Name(codes[0]); subsystem != "core" || got != name || !ok {
			t.Errorf("Name(%d) = %q, %q, %v, want %s", codes[0], subsystem, got, ok, name)
		}
	}
	// The list of a running kernel ends with a number that is no reason.
	if codes := r.Code("MAX"); codes != nil {
		t.Errorf("MAX is a reason: %v", codes)
	}
}

func TestLoad(t *testing.T) {
	table, err := Load()
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) {
		t.Skipf("no kernel symbols here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if table.Len() < 10000 {
		t.Errorf("only %d symbols", table.Len())
	}
	for i := range table.Len() {
		if name := table.name(i); !validName(name) || isPadding(name) || isMapping(name) || table.sizes[i] == 0 {
			t.Fatalf("symbol %d: %q of %d bytes", i, name, table.sizes[i])
		}
	}
}
