package agent

import (
	"fmt"
	"time"

	"dropwatch/internal/peer/admit"
)

// cures are for records that are refused although their host may mean well.
var cures = map[admit.Verdict]string{
	admit.NameTaken:    "its name belongs to another key; if it was set up anew: dropwatch cluster forget NAME",
	admit.Skew:         "its time is too far from ours; synchronise the clocks of both",
	admit.NotAllowed:   "it is not among peers.allow, or new hosts are not accepted",
	admit.TooManyHosts: "there are peers.max_hosts already",
	admit.OldEpoch:     "it has started before what was heard of it; was its state.identity restored from a copy?",
	admit.Version:      "it speaks another version; bring all hosts to the same one",
	admit.HostRate:     "it sends too many records; do two agents share its state.identity?",
}

// refusals tells of each kind of refusal once in a while, with what cures it. How
// many there were is in the status.
type refusals struct {
	told map[admit.Verdict]*complaint
	last map[admit.Verdict]time.Time
}

func newRefusals() *refusals {
	return &refusals{told: make(map[admit.Verdict]*complaint), last: make(map[admit.Verdict]time.Time)}
}

func (r *refusals) tell(a *Agent, list []admit.Refusal) {
	for _, refusal := range list {
		v := refusal.Verdict
		cure, ok := cures[v]
		if !ok || !refusal.Time.After(r.last[v]) {
			continue
		}
		r.last[v] = refusal.Time
		if r.told[v] == nil {
			r.told[v] = &complaint{out: a.out, part: "peers"}
		}
		r.told[v].about(fmt.Errorf("a record of %s from %s is refused (%s): %s", refusal.Host, refusal.Source, v, cure), "")
	}
}
