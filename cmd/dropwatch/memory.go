package main

import (
	"os"
	"runtime/debug"
)

// collectGarbage sets how much the memory may grow before garbage is collected, in
// percent, unless the user does: who runs all the time should be small, who runs
// once should be quick.
func collectGarbage(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// Percents of growth; the usual one is 100.
const (
	small = 40
	quick = 400
)
