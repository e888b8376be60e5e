package main

// A watcher is a program that watches through the drop monitor.
type watcher struct {
	name     string
	args     []string
	script   string // for its standard input; empty if it reads none
	terminal bool   // it writes to a terminal
	summary  bool   // it counts, instead of showing each packet
	counts   bool   // it tells what it lost
	only     bool   // only a burst is of interest
	line     func(*tally, []byte)
}

// A tally is what a watcher has told.
type tally struct {
	packets map[int]int    // shown one by one, by mark
	places  map[string]int // packets counted, by address
	missed  int
	atLeast bool // it does not know how many it missed
}

// counted is what was dropped at the place where most was: what is sent here is
// far more than what else a guest drops.
func (t *tally) counted() (most int) {
	for _, n := range t.places {
		most = max(most, n)
	}
	return most
}

// Names of watchers that the targets are about.
const (
	nameTheirs   = "C program"
	nameOurs     = "dropwatch, the same shell"
	nameOursJSON = "dropwatch watch --packets --json"
)

// watchers are all ways to watch through the drop monitor, with our program at
// a path. The C program prints at once only at a terminal; in a file, where it
// is faster, its summaries would be seen too late.
func watchers(binary string) []watcher {
	const packets, ours = "set alertmode packet\n", "set source netdm\nset queue 20000\n"
	theirs, shell := []string{"dropwatch", "-l", "kas"}, []string{binary, "-l", "kas"}
	watch := func(more string) []string { return []string{binary, "watch", "--source", "netdm", "--json", more} }
	return []watcher{
		{name: nameTheirs, args: theirs, script: packets + "start\n", line: classicLine},
		{name: "C program, at a terminal", args: theirs, script: packets + "start\n", line: classicLine, terminal: true, only: true},
		{name: "C program, queue 20000", args: theirs, script: packets + "set queue 20000\nstart\n", line: classicLine, only: true},
		{name: nameOurs, args: shell, script: packets + ours + "start\n", line: classicLine, counts: true},
		{name: nameOursJSON, args: watch("--packets"), line: jsonLine, counts: true},

		{name: nameTheirs, args: theirs, script: "set alertmode summary\nstart\n", line: classicLine, terminal: true, summary: true},
		{name: nameOurs, args: shell, script: ours + "start\n", line: classicLine, summary: true, counts: true},
		{name: "dropwatch watch --coarse --json", args: watch("--coarse"), line: jsonLine, summary: true, counts: true},
	}
}
