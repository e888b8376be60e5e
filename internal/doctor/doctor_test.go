package doctor

import (
	"fmt"
	"os"
	"testing"
)

func TestCounters(t *testing.T) {
	list := counters([]string{"/proc/self/stat", "/proc/no-such-file"})
	if len(list) != 2 || !list[0].Readable || list[1].Readable || list[1].Why != "this kernel does not have it" {
		t.Errorf("got %+v", list)
	}
}

func TestCause(t *testing.T) {
	for want, err := range map[string]error{
		"this kernel does not have it": fmt.Errorf("open: %w", os.ErrNotExist),
		"not permitted":                fmt.Errorf("open: %w", os.ErrPermission),
		"open: too bad":                fmt.Errorf("open: too bad"),
	} {
		if got := cause(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
