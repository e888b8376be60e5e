package agent

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// How often something that fails again and again is told.
const (
	tellAgain = time.Hour   // if it is the same
	tellOther = time.Minute // if it is something else
)

// A complaint tells of what can fail at each interval: once, again when it becomes
// something else, and once in a long while. It is for one goroutine.
type complaint struct {
	out  io.Writer
	part string
	kind string // that was told last
	told time.Time
}

// about tells an error, if it is one; more are what to add.
func (c *complaint) about(err error, more string) {
	if err == nil {
		return
	}
	now, kind := time.Now(), kindOf(err)
	if since := now.Sub(c.told); !c.told.IsZero() && since < tellAgain && (kind == c.kind || since < tellOther) {
		return
	}
	c.kind, c.told = kind, now
	fmt.Fprintf(c.out, "%s: %s%s\n", c.part, strings.ReplaceAll(err.Error(), "\n", "; "), more)
}

// over says that it did not fail now, so that the next time is another one.
func (c *complaint) over() { c.kind = "" }

// kindOf is the same for errors with the same cause: names of files that are only
// for a while, ports and addresses differ in their numbers.
func kindOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, err.Error())
}
