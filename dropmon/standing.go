package dropmon

import (
	"fmt"

	"dropwatch/internal/netdm"
)

const leftOn = "the drop monitor was left on by a dropwatch that was killed"

// foundNotes says what the next one who watches will find.
func foundNotes(s netdm.Standing) []string {
	if s.Crashed != 0 {
		return []string{fmt.Sprintf("%s (process %d): the next one restarts it", leftOn, s.Crashed)}
	}
	return standingNotes(s)
}

// standingNotes says what the user should know of the monitor's state: it is
// one for the whole host.
func standingNotes(s netdm.Standing) []string {
	var notes []string
	note := func(format string, values ...any) { notes = append(notes, fmt.Sprintf(format, values...)) }
	if s.Crashed != 0 {
		note("%s (process %d): restarted", leftOn, s.Crashed)
	}
	switch {
	case s.Passive && s.Abandoned:
		note("the drop monitor is on, but nobody listens: a program that crashed has left it on; listening only, in its mode; --takeover restarts it for us")
	case s.Passive:
		note("the drop monitor is already on for another program: listening only, in its mode; --takeover restarts it for us")
	}
	if s.Unmarked != nil && !s.Passive {
		note("if this program is killed the next one needs --takeover: cannot write down that the drop monitor is ours: %v", s.Unmarked)
	}
	if s.Interrupted {
		note("another program has switched the drop monitor off for a moment: drops are missing")
	}
	if s.Off != nil {
		note("the drop monitor was switched off by another program, and cannot be switched on again: %v", s.Off)
	}
	return notes
}
