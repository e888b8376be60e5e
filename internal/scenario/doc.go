// Package scenario makes real packet drops on a real kernel, in exact numbers,
// so that sources of drops can be tested against the truth.
//
// A [Scenario] says what it needs, how it loses packets in a [Lab] of fresh
// network namespaces joined by veth pairs, which drops ([Want]) must be seen
// and which counters must rise. [All] is the table. A [Play] runs scenarios
// while any number of [Observer] watch, and [Check] judges each by what it can
// tell ([Sight]): a source that sees the whole host, or functions only, is held
// to the same numbers.
//
// Everything here needs root. Packets cross a veth pair inside the system call
// that sends them, so that drops have happened when it returns; what takes
// longer (an unanswered neighbour) is waited for. Labs are made by netlink, and
// programs run only where a scenario is about them, because starting one takes
// long in a virtual machine without hardware support. The package is for tests.
package scenario
