package scenario

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	got := split("tc  filter bytecode '1,6 0 0 2' end")
	want := []string{"tc", "filter", "bytecode", "1,6 0 0 2", "end"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissing(t *testing.T) {
	err := error(&Missing{NFT, "nftables", exec.ErrNotFound})
	if got := err.Error(); got != "need nft: executable file not found in $PATH; install it with: apt-get install nftables" {
		t.Errorf("error %q", got)
	}
	if !errors.Is(err, exec.ErrNotFound) {
		t.Error("the cause is hidden")
	}
}

func TestUnknownNeed(t *testing.T) {
	r := Need("teleport").requirement()
	if r.probe == nil || r.probe() == nil {
		t.Error("a need that nobody knows is met")
	}
}
