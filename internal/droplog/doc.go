// Package droplog makes log lines of reports: what an administrator should read
// in a log, and what a program should find in its fields. Where the lines go is
// no concern of its own.
package droplog
