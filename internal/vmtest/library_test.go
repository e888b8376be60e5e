package vmtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseLibraries(t *testing.T) {
	got, err := parseLibraries("\tlinux-vdso.so.1 (0x7ffc)\n\tlibc.so.6 => /lib/libc.so.6 (0x7f1)\n\t/lib64/ld-linux-x86-64.so.2 (0x7f2)\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/lib/libc.so.6", "/lib64/ld-linux-x86-64.so.2"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := parseLibraries("\tlibx.so.1 => not found\n"); err == nil {
		t.Errorf("a missing library gives %v", got)
	}
}
