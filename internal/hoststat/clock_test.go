package hoststat

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestClock(t *testing.T) {
	f := func(f float64) *float64 { return &f }
	for _, test := range []struct {
		name  string
		state int
		timex unix.Timex
		want  Clock
	}{
		{"right, in microseconds", 0, unix.Timex{Status: unix.STA_PLL, Offset: -1500, Esterror: 20, Maxerror: 3000},
			Clock{Synchronised: true, OffsetSeconds: f(-0.0015), EstimatedErrorSeconds: 20e-6, MaxErrorSeconds: 0.003, Status: []string{"pll"}}},
		{"right, in nanoseconds", 0, unix.Timex{Status: unix.STA_NANO, Offset: 1500},
			Clock{Synchronised: true, OffsetSeconds: f(1.5e-6), Status: []string{"nano"}}},
		{"a leap second comes", 1, unix.Timex{Status: unix.STA_INS},
			Clock{Synchronised: true, OffsetSeconds: f(0), Status: []string{"ins"}}},
		{"nobody keeps it", timeError, unix.Timex{Status: unix.STA_UNSYNC, Esterror: 16e6, Maxerror: 16e6},
			Clock{EstimatedErrorSeconds: 16, MaxErrorSeconds: 16, Status: []string{"unsync"}}},
		{"the state alone says so", timeError, unix.Timex{}, Clock{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(&test.want, clockOf(test.state, &test.timex)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestForbidden is a host whose rules forbid adjtimex, and then netlink.
func TestForbidden(t *testing.T) {
	r := fixed(t, Config{Root: "testdata/6.18"})
	r.host.adjtimex = func(*unix.Timex) (int, error) { return -1, unix.EPERM }
	s := r.Sample(t.Context())
	want := []Missing{{What: "clock", Why: "operation not permitted"}}
	if diff := cmp.Diff(want, s.Missing); s.Clock != nil || diff != "" {
		t.Errorf("clock %v, missing (-want +got)\n%s", s.Clock, diff)
	}
	r.host.links = nil
	r.config.NetNS = 1 << 20 // no descriptor
	if s = r.Sample(t.Context()); s.Interfaces != nil || len(s.Missing) != 2 || s.Missing[0].What != "interfaces" {
		t.Errorf("interfaces %v, missing %v", s.Interfaces, s.Missing)
	}
}
