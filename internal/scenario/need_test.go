package scenario

import (
	"errors"
	"os"
	"testing"
)

// needed skips a test whose need is not met. In CI a missing program fails, so
// that the whole level cannot be skipped by accident; in a guest of our own a
// missing feature fails too, unless that kernel is too old for it.
func needed(t *testing.T, needs ...Need) {
	t.Helper()
	for _, n := range needs {
		judgeNeed(t, n, n.Check())
	}
}

func judgeNeed(t *testing.T, n Need, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var missing *Missing
	if os.Getenv("DROPWATCH_CI") != "" && errors.As(err, &missing) && missing.Package != "" {
		t.Fatal(err)
	}
	if os.Getenv("VMTEST") != "" && !n.mayLack(kernelRelease(t)) {
		t.Fatalf("this kernel must have it: %v", err)
	}
	t.Skip(err)
}

// mayLack tells whether kernels of the matrix before a release have no such
// feature.
func (n Need) mayLack(release string) bool {
	since := map[Need]string{
		NFTEgress:   "5.16", // hook egress of family netdev
		TCX:         "6.6",  // BPF_TCX_INGRESS
		UDPSegments: "5.11", // NETIF_F_GSO_UDP_L4 among the features of software devices
	}
	return since[n] != "" && Scene{Release: release}.before(since[n])
}

// answers keeps what trying each need gave: trying is slow in a guest.
type answers map[Need]error

func (a answers) needed(t *testing.T, needs ...Need) {
	t.Helper()
	for _, n := range needs {
		judgeNeed(t, n, a[n])
	}
}

// tryAll tries every need of a table. That also loads the modules behind them,
// so that a table of symbols that is read later has them.
func tryAll(all []Scenario) answers {
	a := answers{VirtualNet: VirtualNet.Check()}
	for _, s := range all {
		for _, n := range s.Needs {
			if _, tried := a[n]; !tried {
				a[n] = n.Check()
			}
		}
	}
	return a
}

func TestMayLack(t *testing.T) {
	for _, tt := range []struct {
		need    Need
		release string
		want    bool
	}{
		{TCX, "5.10.0-32-cloud-amd64", true},
		{TCX, "6.1.0-50-cloud-amd64", true},
		{TCX, "6.12.107+deb13-cloud-amd64", false},
		{NFTEgress, "5.10.0", true},
		{NFTEgress, "6.1.0", false},
		{TBF, "5.10.0", false},
	} {
		if got := tt.need.mayLack(tt.release); got != tt.want {
			t.Errorf("%s on %s may be lacking: %v", tt.need, tt.release, got)
		}
	}
}
