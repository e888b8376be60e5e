// Package ethstat reads what network drivers count: their own statistics, as
// "ethtool -S" shows them, the statistics that the Ethernet standards define, and
// the sizes of the rings, which an administrator can change.
//
// A [Conn] belongs to one network namespace and needs no privileges. The names of
// all statistics come from the running kernel. Names of a driver's own
// statistics mean what that driver means; the standard ones mean the same for
// every driver that has them, but few have.
package ethstat
