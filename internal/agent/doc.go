// Package agent is the process that runs all the time: the drop monitor, host
// status and the exchange with peers, each supervised by itself.
package agent
