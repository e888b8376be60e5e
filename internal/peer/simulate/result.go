package main

import "time"

// perRecord is the interval at which the traffic of records is told, whatever the
// interval of the run.
const perRecord = 10 * time.Second

// A result is what a scenario has shown. Bytes include headers.
type result struct {
	name     string
	hosts    int
	mute     bool
	interval time.Duration

	join     wait
	complete wait // from the last join until every member knew all
	quiet    wait // from then until nothing was passed on any more
	records  wait // from the first record until every collector had one of every host

	membership, record float64 // bytes per second sent by an ordinary host
	streams            float64 // the same, estimated
	received           float64 // bytes per second received by a collector
	streamsReceived    float64
	lossless, lossy    delivery

	member, collector detection
	down              wait // from the death of a host until the views of all collectors said so
	back              wait // from its revival until all members knew all

	rightly      int // declared dead after the death of a member
	falsely      int // declared dead while alive
	falselyLossy int
	falselyAfter int // after the revival

	heap, rss  float64 // bytes per host
	cpu        float64 // share of a core per host
	busy       float64 // cores, at most
	late       time.Duration
	unfinished []string // what did not happen
}

// total is bytes per second sent by an ordinary host, without streams.
func (r *result) total() float64 { return r.membership + r.record }

// A delivery is how many packets of records were taken, of those sent.
type delivery struct {
	sent, taken        uint64
	refused, overflows uint64 // by gates and inboxes; by the queues of the network
}

func (d delivery) share() float64 { return float64(d.taken) / float64(max(d.sent, 1)) }

// A detection is how long after a death the first and the last member knew of it.
type detection struct{ first, last wait }
