package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseSince reads the begin of a time: how long ago it was (90s, 10m, 2h, 3d), a
// time of day (15:04, the last one), or a date (2026-01-02, 2026-01-02T15:04, with
// seconds and zone if wanted). Without a zone it is that of now.
func ParseSince(text string, now time.Time) (time.Time, error) {
	if ago, ok := parseAgo(text); ok {
		if ago <= 0 {
			return time.Time{}, fmt.Errorf("time %q: must be longer than 0", text)
		}
		return now.Add(-ago), nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			y, m, d := now.Date()
			begin := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if begin.After(now) {
				begin = time.Date(y, m, d-1, t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			}
			return begin, nil
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			if t.After(now) {
				return time.Time{}, fmt.Errorf("time %q: is yet to come", text)
			}
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: write how long ago (10m, 2h, 3d), a time (15:04) or a date (2026-01-02T15:04)", text)
}

// parseAgo knows days too.
func parseAgo(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, true
		}
	}
	ago, err := time.ParseDuration(text)
	return ago, err == nil
}
