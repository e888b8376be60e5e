// Package logline is a log of drops on its way out: what a line is, how it is
// written as text, JSON or CSV, and the queue between those who count and a
// destination that may be slow, away or dead.
//
// A [Queue] takes records without ever waiting and gives them to its
// [Destination] in order. It holds a bounded number of them; what does not fit
// is counted, and when the destination works again one record says how many
// lines are missing at that place. At every moment
//
//	Added = Delivered + Lost + Waiting
//
// Records leave the queue only when the destination has said that they were
// delivered. So when a destination fails half-way, some may be delivered twice,
// but none is lost that is not counted. What "delivered" means differs, and each
// destination says it in its own documentation.
package logline
