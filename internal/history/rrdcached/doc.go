// Package rrdcached gives values to rrdcached, the daemon that keeps round robin
// databases, for those who have graphs of it already. There is one file for each
// value of a host, which the daemon makes when the first value comes.
//
// Nothing waits for the daemon: values stand in a queue of bounded length. What
// the queue loses and what the daemon refuses is counted.
package rrdcached
