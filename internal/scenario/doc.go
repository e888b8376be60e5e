// Package scenario makes real packet drops on a real kernel, in exact numbers,
// so that a source of drops can be tested against the truth.
//
// A [Scenario] says what it needs, how it loses packets in a [Lab] of fresh
// network namespaces joined by veth pairs, which drops ([Want]) must be seen
// and which counters must rise. [Scenario.Play] runs one against any
// [Observer]. [All] is the table.
//
// Everything here needs root. Packets cross a veth pair inside the system call
// that sends them, so that drops have happened when it returns; what takes
// longer (an unanswered neighbour) is waited for. The package is for tests.
package scenario
