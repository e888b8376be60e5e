package scenario

import (
	"os"
	"testing"
)

// needed skips a test whose need is not met. In CI and in our own guests it
// fails, unless that kernel is known to lack the feature: nothing can be skipped
// by accident there.
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
	strict := inGuest() || os.Getenv("DROPWATCH_CI") != ""
	if strict && !n.lacking(kernelRelease(t)) {
		t.Fatalf("this machine must have it: %v", err)
	}
	t.Skip(err)
}

// lacking tells whether kernels of a release have no such feature, although
// they are built as distributions build them. Needs that are not listed are met
// by every kernel from 5.10 on.
func (n Need) lacking(release string) bool {
	since := map[Need]string{
		NFTEgress:   "5.16", // hook egress of family netdev
		TCX:         "6.6",  // BPF_TCX_INGRESS
		UDPSegments: "5.11", // NETIF_F_GSO_UDP_L4 among the features of software devices
	}
	return since[n] != "" && Scene{Release: release}.before(since[n])
}

// checkLacking holds that list to the truth in our own guests, also where it
// allows more than it must. What another machine lacks may have other causes.
func (a answers) checkLacking(t *testing.T) {
	if !inGuest() {
		return
	}
	for n, err := range a {
		if lacking := n.lacking(kernelRelease(t)); lacking != (err != nil) {
			t.Errorf("%s: listed as lacking: %v, trying it gave: %v", n, lacking, err)
		}
	}
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

func TestLacking(t *testing.T) {
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
		if got := tt.need.lacking(tt.release); got != tt.want {
			t.Errorf("%s on %s is lacking: %v", tt.need, tt.release, got)
		}
	}
}
