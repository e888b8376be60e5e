// Package metrics shows what was dropped to Prometheus, as text and as
// OpenMetrics. It is given reports, one for each interval, adds them up and
// serves the sums; where the reports come from is no concern of its own.
//
// Every value only grows, and packets and bytes of all series together are
// exactly those that the reports had in total: what has no series of its own,
// because there are too many, is counted in a series all labels of which are
// "other". No series is ever taken back, or the sums would jump.
package metrics
