// Package ring keeps the history of the values of one host in one file of fixed
// size. The file holds archives, rows of fixed steps that overwrite themselves:
// a few hours in fine steps, a year in coarse ones. An update writes the rows
// that it completed, one write each, and the state; nothing is ever moved.
//
// # What a number means
//
// A value given at a time tells of the time since the value before, as long as
// that is not longer ago than Config.Heartbeat; otherwise that time is unknown,
// and so is the time before the first value. A step has the average of what was
// known in it, weighted by time. Steps are multiples of Unix time, and are named
// by their end. A row of a coarser archive has the average and the highest of its
// steps. What is known for less than half of a row is unknown, which is NaN.
//
// # What survives
//
// A process can be killed at any moment: the file stays readable, and at most
// what was given since the last Update that returned is lost. Rows and state
// have checksums, and of the state there are two copies, of which one is valid.
//
// After a loss of power, rows and values of the last half minute or so can be
// missing, as the kernel had not written them; they are unknown then, never
// wrong. The names of values are forced to the disk before values are written
// under them, so a number does not turn up under another name. If both copies of
// the state are lost, the step and the rows that were not complete are too.
//
// The first pages are allocated when the file is made, the archives when they
// are written, so a file takes what its past needs: the archive of a year takes a
// year to grow. A disk can therefore get full later. Then Update fails, the rest
// stays readable, and later Updates go on.
//
// Readers take no lock and need no privileges. A row that is being written is
// read again.
package ring
