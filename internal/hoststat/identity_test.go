package hoststat

import (
	"os"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	host, kernel := Identity()
	want, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	if kernel != strings.TrimSpace(string(want)) || host == "" {
		t.Errorf("got host %q, kernel %q; the kernel is %q", host, kernel, want)
	}
}
