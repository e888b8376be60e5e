// Package peermetrics shows Prometheus what the hosts of a cluster told, as
// gauges: every number that package values has a name for, and the drops of all
// hosts, each counted once. A scrape asks for a view of the cluster and keeps
// nothing of it.
//
// The number of series is bounded for each metric, whatever the hosts tell.
package peermetrics
