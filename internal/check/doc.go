// Package check judges what was lost in a span of time by the thresholds of a
// user, for monitoring systems.
//
// A threshold is an expression such as "lost=100", "class.loss/s=5" or
// "counter.Udp.InErrors=20:": a metric, "/s" for its rate, and the range that is
// fine, in the words of monitoring plugins. [Parse] reads them, [Rules.Judge]
// sets them against a report. Nothing here reads from the kernel.
package check
