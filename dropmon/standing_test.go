package dropmon

import (
	"errors"
	"strings"
	"testing"

	"dropwatch/internal/netdm"
)

func TestStandingNotes(t *testing.T) {
	failure := errors.New("no room")
	for _, test := range []struct {
		name     string
		standing netdm.Standing
		want     []string // in each note
	}{
		{"ours", netdm.Standing{}, nil},
		{"another's", netdm.Standing{Passive: true}, []string{"another program: listening only, in its mode; --takeover"}},
		{"nobody's", netdm.Standing{Passive: true, Abandoned: true}, []string{"nobody listens: a program that crashed has left it on"}},
		{"left by ours", netdm.Standing{Crashed: 812}, []string{"killed (process 812): restarted"}},
		{"no marker", netdm.Standing{Unmarked: failure}, []string{"the next one needs --takeover: cannot write down that the drop monitor is ours: no room"}},
		{"no marker needed", netdm.Standing{Unmarked: failure, Passive: true}, []string{"listening only"}},
		{"switched off", netdm.Standing{Interrupted: true, Off: failure}, []string{"drops are missing", "cannot be switched on again: no room"}},
	} {
		got := standingNotes(test.standing)
		if len(got) != len(test.want) {
			t.Errorf("%s: got %q", test.name, got)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(got[i], want) || strings.Contains(got[i], "\n") {
				t.Errorf("%s: %q does not say %q in one line", test.name, got[i], want)
			}
		}
	}
	if got := foundNotes(netdm.Standing{Crashed: 812}); len(got) != 1 || !strings.HasSuffix(got[0], "(process 812): the next one restarts it") {
		t.Errorf("found: %q", got)
	}
	if got := foundNotes(netdm.Standing{Passive: true}); len(got) != 1 {
		t.Errorf("found on: %q", got)
	}
}
