package alert

import (
	"fmt"
	"time"
)

// Overflow is the name of the rule that rings by itself when more conditions hold
// than the engine follows. No other rule can have the name.
const Overflow = "too-many-alerts"

// overflowValue is what it counts.
const overflowValue = "alerts.untracked"

// tellOverflow begins or ends the alert about alerts.
func (e *Engine) tellOverflow() []Event {
	switch {
	case e.untracked > 0 && e.overflow == nil:
		e.overflow = e.newOverflow(e.last)
		e.countOverflow()
		return []Event{{Alert: *e.overflow, Firing: true, Time: e.last}}
	case e.untracked == 0 && e.overflow != nil:
		e.countOverflow()
		over := Event{Alert: *e.overflow, Time: e.last}
		e.overflow = nil
		return []Event{over}
	case e.overflow != nil:
		e.countOverflow()
	}
	return nil
}

func (e *Engine) newOverflow(since time.Time) *Alert {
	return &Alert{
		Rule: Overflow, Severity: Critical, Value: overflowValue,
		Condition: overflowValue + " > 0", Op: Above, Since: since, Begun: since,
	}
}

func (e *Engine) countOverflow() {
	e.overflow.Number = float64(e.untracked)
	e.overflow.Worst = max(e.overflow.Worst, e.overflow.Number)
}

func overflowText(e *Event) string {
	if e.Firing {
		return fmt.Sprintf("%s alerts are not followed", rounded(e.Number, fewDigits))
	}
	return "all alerts are followed again"
}
