package alert

import (
	"strconv"
	"strings"
	"time"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/values"
)

// maxLine bounds the parts of a line that hosts choose, in bytes.
const maxLine = 256

// Text is the event in one line for somebody who was asleep:
//
//	CRITICAL db1: memory.used is 94% (above 90% for 1m)
//	OK db1: memory.used is 71% (was above 90% for 12m, at worst 97%)
//	ENDED db1: memory.used: host is forgotten (was above 90% for 12m)
func Text(e *Event) string {
	var b strings.Builder
	b.WriteString(e.level())
	if who := e.who(); who != "" {
		b.WriteString(" " + record.CleanText(who, maxLine))
	}
	b.WriteString(": ")
	b.WriteString(e.what())
	b.WriteString(" (" + strings.Join(e.remarks(), ", ") + ")")
	return b.String()
}

// level is the first word.
func (e *Event) level() string {
	switch {
	case e.Firing:
		return strings.ToUpper(string(e.Severity))
	case e.Reason != "":
		return "ENDED"
	}
	return "OK"
}

func (a *Alert) who() string {
	if a.Cluster != "" {
		return "cluster"
	}
	return a.Host
}

// what is the sentence.
func (e *Event) what() string {
	if e.Rule == Overflow {
		return overflowText(e)
	}
	subject := e.subject()
	if e.Reason != "" {
		return subject + ": " + e.Reason
	}
	if e.onOff() {
		return subject + " is " + state(e.Number)
	}
	number, _ := twoNumbers(e.Number, e.Threshold, e.Unit)
	return subject + " is " + number
}

// subject is what the sentence is about.
func (a *Alert) subject() string {
	value := record.CleanText(a.Value, maxLine)
	switch name, of, _ := values.ParseKey(a.Value); {
	case a.Cluster == Sum, a.Cluster == Mean:
		return string(a.Cluster) + " of " + value
	case a.Cluster == Max:
		return "highest " + value
	case a.Cluster == Min:
		return "lowest " + value
	case name == values.Up:
		return "host"
	case name == interfaceUp && of != "":
		return "interface " + record.CleanText(of, maxLine)
	}
	return value
}

const interfaceUp = "interface.up"

// onOff tells whether the value is a state and no amount.
func (a *Alert) onOff() bool {
	name, _, _ := values.ParseKey(a.Value)
	return a.Cluster == "" && (name == values.Up || name == interfaceUp)
}

func state(n float64) string {
	if n == 0 {
		return "down"
	}
	return "up"
}

// remarks stand in brackets.
func (e *Event) remarks() []string {
	var list []string
	held := forHowLong(e.Time.Sub(e.Since))
	if e.Rule == Overflow {
		return []string{"there can be " + strconv.Itoa(MaxAlerts)}
	}
	_, threshold := twoNumbers(e.Number, e.Threshold, e.Unit)
	crossed := words(e.Op) + " " + threshold
	if e.onOff() {
		crossed = state(e.Worst)
	}
	switch {
	case !e.Firing:
		list = append(list, strings.TrimSpace("was "+crossed+" "+held))
		if !e.onOff() && e.Worst != e.Threshold {
			worst, _ := twoNumbers(e.Worst, e.Threshold, e.Unit)
			list = append(list, "at worst "+worst)
		}
	case e.onOff() && held == "":
		list = append(list, "just now")
	case e.onOff():
		list = append(list, held)
	default:
		list = append(list, strings.TrimSpace(crossed+" "+held))
	}
	return append(list, e.where()...)
}

// where is the host that a number of the cluster comes from.
func (e *Event) where() []string {
	on := record.CleanText(e.On, maxLine)
	switch {
	case on == "" || !e.Firing:
		return nil
	case e.Cluster == Sum:
		return []string{"most on " + on}
	}
	return []string{"on " + on}
}

func words(op Op) string {
	switch op {
	case Above:
		return "above"
	case AtLeast:
		return "at least"
	case Below:
		return "below"
	}
	return "at most"
}

// forHowLong is nothing for less than a second.
func forHowLong(d time.Duration) string {
	if d = d.Round(time.Second); d <= 0 {
		return ""
	}
	return "for " + span(d.Seconds(), fewDigits)
}
