package main

import (
	"fmt"
	"path/filepath"
)

// An agentPlan is an agent as its configuration makes it. What it does not name
// is left to the default.
type agentPlan struct {
	host     string
	measured string // name of its measurement; empty if it is only talked to
	here     bool   // in the namespace of the host; else in one with others
	hears    int    // hosts, itself among them
	metrics  string // where it can be asked for them
	peers    string // of the configuration
}

// The two collectors of the lab.
const (
	firstCollector  = "127.0.0.1:1513"
	secondCollector = "127.0.0.2:1513"
)

// agentPlans are those of each run. On a host that is idle there are not many.
func agentPlans() [][]agentPlan {
	collector := func(bind, other string) string {
		return fmt.Sprintf("role: collector, bind: %q, join: [%q]", bind, other)
	}
	town := []agentPlan{
		{host: "collector1", measured: idleCollector, hears: 5, peers: collector(firstCollector, secondCollector)},
		{host: "collector2", peers: collector(secondCollector, firstCollector)},
	}
	for i := range 3 {
		town = append(town, agentPlan{
			host:  fmt.Sprintf("mute%d", i+1),
			peers: fmt.Sprintf("role: mute, collectors: [%q, %q]", firstCollector, secondCollector),
		})
	}
	return [][]agentPlan{
		{
			{host: "alone", measured: idleAlone, here: true, hears: 1},
			{host: "scraped", measured: idleScraped, hears: 1, metrics: "127.0.0.1:1514"},
		},
		town,
	}
}

func (s *stable) key() string              { return filepath.Join(s.dir, "key") }
func (s *stable) state(host string) string { return filepath.Join(s.dir, host, "peers") }

// config is the file of an agent.
func (p *agentPlan) config(s *stable) string {
	text := fmt.Sprintf("host: %s\ndrops: {source: ebpf}\nstate: {identity: %s, peers: %s}\n",
		p.host, filepath.Join(s.dir, p.host, "identity"), s.state(p.host))
	if p.metrics != "" {
		text += fmt.Sprintf("metrics: {address: %q}\n", p.metrics)
	}
	if p.peers != "" {
		text += fmt.Sprintf("peers: {enabled: true, key_file: %s, %s}\n", s.key(), p.peers)
	}
	return text
}
