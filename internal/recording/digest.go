package recording

import "dropwatch/internal/report"

// maxTold is how many rows and counters of a summary are kept.
const maxTold = 2000

// summaryOf is what of a summary cannot be had from the packets.
func summaryOf(s *report.Summary) *report.Summary {
	kept := *s
	kept.Drops, kept.Counters = atMost(s.Drops), atMost(s.Counters)
	if len(s.Drops) > maxTold || len(s.Counters) > maxTold {
		kept.Coverage = append(kept.Coverage[:len(kept.Coverage):len(kept.Coverage)], report.Coverage{
			What: "counters", Why: "there were too many rows to record who dropped the packets of all of them, and all counters",
		})
	}
	return &kept
}

func atMost[T any](list []T) []T { return list[:min(len(list), maxTold)] }
