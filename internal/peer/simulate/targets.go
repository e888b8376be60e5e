package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"dropwatch/internal/cluster"
)

// What is promised.
const (
	detectWithin = 15 * time.Second // up to
	detectUpTo   = 300              // members
	bytesBelow   = 700              // per second and host
	alike        = 0.10             // shares that figures of different sizes may differ by
	downSlack    = time.Second
)

// A target is a promise and whether it is kept.
type target struct {
	kept bool
	text string
}

func targets(results []*result) []target {
	var all []target
	add := func(kept bool, format string, args ...any) {
		all = append(all, target{kept, fmt.Sprintf(format, args...)})
	}
	for _, r := range results {
		add(len(r.unfinished) == 0, "%s: everything happened%s", r.name, but(r.unfinished))
		add(r.falsely == 0, "%s: %d declared dead while alive, without loss; none may be", r.name, r.falsely)
		add(r.lossless.taken == r.lossless.sent, "%s: %d of %d packets of records were taken, without loss", r.name, r.lossless.taken, r.lossless.sent)
		add(r.total() < bytesBelow, "%s: %.0f B/s sent by a host, below %d", r.name, r.total(), bytesBelow)
		limit := cluster.DownAfter*r.interval + downSlack
		add(r.down.over && r.down.Duration < limit, "%s: down in all views %v after its death, within %v", r.name, r.down, limit)
		if !r.mute && r.rightly == 0 {
			add(false, "%s: a death is in no log of the engine: that none is false tells nothing", r.name)
		}
		if !r.mute && r.hosts <= detectUpTo {
			for _, d := range []detection{r.member, r.collector} {
				if d.last != (wait{}) {
					add(d.last.over && d.last.Duration < detectWithin, "%s: a death is known everywhere after %v, within %v", r.name, d.last, detectWithin)
				}
			}
		}
	}
	return append(all, independent(results)...)
}

func but(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ", but not: " + strings.Join(list, ", ")
}

// independent holds what a host sends against what it sends in the first scenario:
// all of it among members, the records alone for mute hosts, who send nothing else.
func independent(results []*result) []target {
	var all []target
	if len(results) < 2 {
		return nil
	}
	first := results[0]
	for _, r := range results[1:] {
		what, a, b := "", first.total(), r.total()
		if r.mute != first.mute {
			what, a, b = "for records ", first.record, r.record
		}
		off := math.Abs(b-a) / a
		all = append(all, target{off <= alike, fmt.Sprintf("%s and %s: %.0f and %.0f B/s %sdiffer by %.1f %%, at most %.0f %%", first.name, r.name, a, b, what, 100*off, 100*alike)})
	}
	return all
}

// starved is how late timers may be: members are probed with half a second for the
// answer.
const starved = 500 * time.Millisecond

// warn tells of scenarios that say more about this machine than about members.
func warn(w io.Writer, results []*result) error {
	for _, r := range results {
		if r.late < starved {
			continue
		}
		if _, err := fmt.Fprintf(w, "note    %s: timers were up to %v late: this machine was too busy for the figures to be trusted\n", r.name, r.late.Round(time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

// judge writes the targets, and tells whether all are kept.
func judge(w io.Writer, all []target) (bool, error) {
	kept := true
	for _, t := range all {
		word := "ok    "
		if !t.kept {
			word, kept = "MISSED", false
		}
		if _, err := fmt.Fprintf(w, "%s  %s\n", word, t.text); err != nil {
			return false, err
		}
	}
	return kept, nil
}
