// Package logfile writes log lines into files and to standard output.
//
// A file has whole lines only. When the disk is full in the middle of a line, what
// was written of it is taken back, or if that is impossible, the next line begins
// on a line of its own. A line counts as delivered when the kernel has taken it: a
// host that loses its power loses the lines of the last seconds, for nothing is
// synced to the disk.
package logfile
