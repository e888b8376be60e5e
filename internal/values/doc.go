// Package values gives every number of a host's report a name, so that a
// threshold, a graph and a metric can speak of it. Names are words with dots and
// do not change; what there can be several of has the one in brackets:
//
//	cpu.busy  memory.used  filesystem.used[/var]  drops.packets[NO_SOCKET]
package values
