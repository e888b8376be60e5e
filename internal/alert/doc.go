// Package alert decides when a number of a host is worth waking somebody for,
// and says so once when it begins and once when it ends.
//
// A [Rule] names a value, a threshold, how long it must be crossed, and where it
// must return to. An [Engine] is given the values of all hosts again and again,
// with the time, and returns what began and what ended since. It has no clock,
// no goroutine and no file, so that what it does at three in the morning can be
// tried at noon. What is done about an [Event] is the matter of package action.
//
// # What is not told
//
// An alert is about a number, and hosts do not tell every number all the time:
//
//   - While a host is down, nothing but up and silent is believed of it. Its
//     alerts stay as they are; what was about to begin begins anew when it is
//     back.
//   - A reason of drops or a counter that a host does not list counts as 0 while
//     the host tells of drops at all.
//   - Any other value that a host no longer tells ends its alert a minute later,
//     with a reason: a file system was unmounted. The minute is there because
//     part of a record can be lost on the way.
//   - When a host is forgotten, so are its alerts, with a reason.
//   - After a restart, alerts that were loaded wait 10 minutes for hosts and
//     values to be heard again.
package alert
