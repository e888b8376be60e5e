// Package hoststat reads what a host tells about itself: its load, memory, file
// systems, disks, interfaces, users and clock.
//
// A [Reader] takes samples. It needs no privileges: everything comes from files
// and system calls that are open to every user. What cannot be read is absent in
// the [Status], and Missing says why; a zero was measured.
//
// The text files of the kernel are parsed here and not by a library, because a
// sample is taken every few seconds for years: the parsers make next to no
// garbage and read each file in a few microseconds.
package hoststat
