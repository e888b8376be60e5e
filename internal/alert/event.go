package alert

import (
	"bytes"
	"encoding/json"
	"time"

	"dropwatch/internal/values"
)

// EventSchema names the form of an Event in JSON. It changes only by adding.
const EventSchema = "dropwatch.alert.v1"

// An Alert is a rule that has begun to ring, for one value of one host or of the
// cluster.
type Alert struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Host is the name; empty for the cluster.
	Host   string `json:"host,omitempty"`
	HostID string `json:"host_id,omitempty"`
	// Cluster is how the numbers of hosts were made one; empty for a host.
	Cluster Fold `json:"cluster,omitempty"`
	// On is the host that has most of a sum, or the extreme itself.
	On string `json:"on,omitempty"`

	Value  string      `json:"value"` // key, as in package values
	Number float64     `json:"number"`
	Unit   values.Unit `json:"unit,omitempty"`
	// Worst is the number that was farthest beyond the threshold.
	Worst     float64 `json:"worst"`
	Condition string  `json:"condition"`
	Op        Op      `json:"operator"`
	Threshold float64 `json:"threshold"`

	Since time.Time `json:"since"` // that the condition holds
	Begun time.Time `json:"begun"` // when it had held long enough
}

// An Event is that an alert begins or ends.
type Event struct {
	Alert
	Firing bool      `json:"firing"` // it begins
	Time   time.Time `json:"time"`
	// Reason is why an alert ended without its number being good again.
	Reason string `json:"reason,omitempty"`
}

// Reasons of an end.
const (
	HostForgotten = "host is forgotten"
	NoLongerTold  = "no longer told"
	NotConcerned  = "the rule is no longer for this host"
)

// State is the word for Firing: "firing" or "ended".
func (e *Event) State() string {
	if e.Firing {
		return "firing"
	}
	return "ended"
}

// JSON is the event as one document of EventSchema, with its Text.
func (e *Event) JSON() ([]byte, error) {
	return marshal(struct {
		Schema string `json:"schema"`
		Event
		State string `json:"state"`
		Text  string `json:"text"`
	}{EventSchema, *e, e.State(), Text(e)})
}

// marshal leaves < and > as they are, for they are in conditions.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}
