package cluster

import (
	"io"
	"strconv"
	"strings"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/values"
)

// Values are all numbers that are known of a host at a time.
func (h *Host) Values(now time.Time) []values.Value {
	up := 0.0
	if h.Up {
		up = 1
	}
	return append([]values.Value{
		{Name: values.Up, Number: up},
		{Name: values.Silent, Number: max(now.Sub(h.Last).Seconds(), 0), Unit: values.Seconds},
	}, values.Of(h.Report)...)
}

// HostValues are the numbers of one host.
type HostValues struct {
	Host   string         `json:"host"`
	ID     identity.ID    `json:"id"`
	Values []values.Value `json:"values"`
}

// Values are all numbers of all hosts.
type Values struct {
	Schema string       `json:"schema"` // dropwatch.values.v1
	Time   time.Time    `json:"time"`
	Hosts  []HostValues `json:"hosts"`
}

// Values lists all numbers of all hosts.
func (v *View) Values() *Values {
	all := &Values{Schema: "dropwatch.values.v1", Time: v.Time, Hosts: []HostValues{}}
	for i := range v.Hosts {
		h := &v.Hosts[i]
		all.Hosts = append(all.Hosts, HostValues{h.Name, h.ID, h.Values(v.Time)})
	}
	return all
}

// WriteValues writes a line for each number of each host.
func (v *View) WriteValues(w io.Writer) error {
	t := new(table)
	t.add("HOST", "NUMBER", "UNIT", "VALUE")
	for _, h := range v.Values().Hosts {
		for i := range h.Values {
			one := &h.Values[i]
			t.add(h.Host, decimal(one.Number), string(one.Unit), one.Key())
		}
	}
	return v.write(w, t)
}

// decimal is a number as people read it: with three places, or nine if it is below
// one, as the offset of a clock is.
func decimal(f float64) string {
	places := 3
	if f > -1 && f < 1 {
		places = 9
	}
	text := strconv.FormatFloat(f, 'f', places, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// WriteKinds writes the names that values can have.
func WriteKinds(w io.Writer) error {
	t := new(table)
	t.add("VALUE", "UNIT", "WHAT")
	for _, k := range values.Kinds() {
		name := k.Name
		if k.Of != "" {
			name += "[" + strings.ToUpper(k.Of) + "]"
		}
		t.add(name, string(k.Unit), k.Help)
	}
	return t.write(w)
}
