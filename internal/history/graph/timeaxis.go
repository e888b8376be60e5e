package graph

import "time"

// A tick of the time axis.
type tick struct {
	at    time.Time
	label string
	bold  bool // a day, or what else begins something larger
}

const day = 24 * time.Hour

// interval is a step of ticks: a duration, or days or months of the calendar.
type interval struct {
	clock        time.Duration
	days, months int
}

func intervals() []interval {
	var list []interval
	for _, d := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		list = append(list, interval{clock: d})
	}
	for _, n := range []int{1, 2, 4, 7, 14} {
		list = append(list, interval{days: n})
	}
	for _, n := range []int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600} {
		list = append(list, interval{months: n})
	}
	return list
}

func (i interval) length() time.Duration {
	return i.clock + time.Duration(i.days)*day + time.Duration(i.months)*30*day
}

// timeTicks finds at most so many ticks that are round in a place's time.
func timeTicks(from, to time.Time, place *time.Location, most int) []tick {
	var step interval
	for _, step = range intervals() {
		if to.Sub(from) <= step.length()*time.Duration(max(most, 1)) {
			break
		}
	}
	var list []tick
	last := from.Add(-time.Nanosecond)
	// Each tick is made from the calendar, so that a day of 23 hours is one.
	for n := 0; n <= 2*most+40 && len(list) <= most+2; n++ {
		at := step.nth(from.In(place), n)
		if at.After(to) {
			break
		}
		if at.After(last) {
			list = append(list, step.tick(at))
			last = at
		}
	}
	return list
}

// nth is the tick n after the last one that is not after a time.
func (i interval) nth(from time.Time, n int) time.Time {
	y, m, d := from.Date()
	place := from.Location()
	switch {
	case i.months > 0:
		month := (y*12 + int(m) - 1) / i.months * i.months
		return time.Date(0, time.Month(month+n*i.months+1), 1, 0, 0, 0, 0, place)
	case i.days > 0:
		// Days are counted from a Monday, so that weeks begin with it.
		monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)
		past := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(monday) / day)
		return time.Date(1970, 1, 5+past/i.days*i.days+n*i.days, 0, 0, 0, 0, place)
	}
	clock := time.Duration(from.Hour())*time.Hour + time.Duration(from.Minute())*time.Minute + time.Duration(from.Second())*time.Second
	seconds := int((clock/i.clock*i.clock + time.Duration(n)*i.clock) / time.Second)
	return time.Date(y, m, d, 0, 0, seconds, 0, place)
}

func (i interval) tick(at time.Time) tick {
	midnight := at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0
	switch {
	case i.months >= 12:
		return tick{at, at.Format("2006"), false}
	case i.months > 0 && at.Month() == time.January:
		return tick{at, at.Format("2006"), true}
	case i.months > 0:
		return tick{at, at.Format("Jan"), false}
	case i.days > 0 && at.Day() <= i.days && i.days < 7:
		return tick{at, at.Format("2 Jan"), true}
	case i.days > 2:
		return tick{at, at.Format("2 Jan"), false}
	case i.days > 0:
		return tick{at, at.Format("Mon 2"), false}
	case midnight:
		return tick{at, at.Format("Mon 2"), true}
	case i.clock < time.Minute:
		return tick{at, at.Format("15:04:05"), false}
	}
	return tick{at, at.Format("15:04"), false}
}
