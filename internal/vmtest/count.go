package vmtest

import (
	"fmt"
	"strings"
)

// A Count is how the tests of one binary ended. A test that has subtests counts
// through these, unless it fails and none of them does.
type Count struct {
	Passed, Failed, Skipped int
}

func (c Count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.Passed, c.Failed, c.Skipped)
}

// CountTests reads what a test binary prints with -test.v.
func CountTests(text string) Count {
	ends := map[string]string{}
	parents := map[string]bool{}
	blamed := map[string]bool{} // for them a subtest has failed
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(strings.TrimSpace(line), "--- ")
		if !found {
			continue
		}
		end, rest, _ := strings.Cut(rest, ": ")
		name, _, _ := strings.Cut(rest, " ")
		ends[name] = end
		for i, c := range name {
			if c == '/' {
				parents[name[:i]] = true
				blamed[name[:i]] = blamed[name[:i]] || end == "FAIL"
			}
		}
	}
	var c Count
	for name, end := range ends {
		switch {
		case end == "FAIL" && !blamed[name]:
			c.Failed++
		case parents[name]:
		case end == "PASS":
			c.Passed++
		case end == "SKIP":
			c.Skipped++
		}
	}
	return c
}
