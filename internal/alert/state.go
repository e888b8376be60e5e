package alert

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/values"
)

// Schema names the form of a List in JSON. It changes only by adding.
const Schema = "dropwatch.alerts.v1"

// A List is what rings at a time.
type List struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time,omitzero"` // of the last Evaluate
	Alerts []Alert   `json:"alerts"`
	// Pending is how many conditions hold that have not held long enough.
	Pending int `json:"pending"`
	// Untracked is how many conditions hold that could not be followed.
	Untracked int `json:"untracked"`
}

// Active are the alerts that have begun, in the order of hosts, rules and values.
func (e *Engine) Active() []Alert {
	list := []Alert{}
	for p, entry := range e.entries {
		if entry.firing {
			list = append(list, e.alert(p, entry))
		}
	}
	slices.SortFunc(list, func(a, b Alert) int {
		return cmp.Or(
			strings.Compare(a.Host, b.Host), strings.Compare(a.HostID, b.HostID),
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.Value, b.Value))
	})
	if e.overflow != nil {
		list = append(list, *e.overflow)
	}
	return list
}

// List is Active with what there is to know beside it.
func (e *Engine) List() List {
	l := List{Schema: Schema, Time: e.last, Alerts: e.Active(), Untracked: e.untracked}
	for _, entry := range e.entries {
		if !entry.firing {
			l.Pending++
		}
	}
	return l
}

// Save is List as a document. Of conditions that have not held long enough only
// the number is in it: they begin anew after a restart.
func (e *Engine) Save() ([]byte, error) { return marshal(e.List()) }

// maxSaved bounds what Load reads: 2 KiB for each alert.
const maxSaved = MaxAlerts << 11

// ParseList reads what Save wrote, whoever wrote it.
func ParseList(data []byte) (List, error) {
	var l List
	if len(data) > maxSaved {
		return l, fmt.Errorf("read alerts: the document has more than %d bytes", maxSaved)
	}
	if err := json.Unmarshal(data, &l); err != nil {
		return List{}, fmt.Errorf("read alerts: %w", err)
	}
	if l.Schema != Schema {
		return List{}, fmt.Errorf("read alerts: schema is %.40q and not %q", l.Schema, Schema)
	}
	for i := range l.Alerts {
		a := &l.Alerts[i]
		for _, text := range []*string{&a.Rule, &a.Host, &a.HostID, &a.On, &a.Value, &a.Condition} {
			*text = record.CleanText(*text, 2*maxText)
		}
	}
	return l, nil
}

// Load makes the engine go on with alerts that Save wrote, so that what rang
// before a restart does not ring again. It is for a new engine, before the first
// Evaluate. Alerts of rules that are gone, or of which the value or the cluster
// changed, end without a word.
func (e *Engine) Load(data []byte) error {
	l, err := ParseList(data)
	if err != nil {
		return err
	}
	names := make(map[string]int)
	for i := range e.rules {
		names[e.rules[i].Name] = i
	}
	for i := range l.Alerts {
		a := &l.Alerts[i]
		if a.Rule == Overflow && e.overflow == nil {
			e.overflow = e.newOverflow(a.Since.UTC())
			continue
		}
		if rule, ok := names[a.Rule]; ok {
			e.restore(rule, a)
		}
	}
	e.last = l.Time
	return nil
}

func (e *Engine) restore(rule int, a *Alert) {
	c := &e.rules[rule]
	name, of, err := values.ParseKey(a.Value)
	switch {
	case err != nil || name != c.when.Name || c.when.Of != "" && of != c.when.Of:
		return
	case a.Cluster != c.Cluster || (a.Cluster == "") != (a.HostID != ""):
		return
	case len(e.entries) >= e.limit:
		return
	}
	e.entries[place{rule, a.HostID, of}] = &entry{
		firing: true, host: a.Host, on: a.On, number: a.Number, worst: a.Worst,
		since: a.Since.UTC(), begun: a.Begun.UTC(), loaded: true,
	}
}
