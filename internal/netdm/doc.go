// Package netdm speaks with the kernel's drop monitor, the generic netlink
// family NET_DM.
//
// The monitor has one state for the whole host: any client can switch it on,
// everybody who listens gets the same alerts, and it stays on when its client
// dies. A [Client] behaves as a guest there: it remembers what it switched on
// and changed, and undoes just that in [Client.Close]. [Client.Begin] also puts
// in order what a dropwatch that was killed has left: each notes what it does in
// a file whose lock the kernel frees at its end.
//
// An alert is either a summary (locations and how often they dropped, about a
// second after the first drop) or one dropped packet. What is lost on the way
// is counted, see [Client.Losses].
//
// Needs Linux 2.6.30 for summaries of software drops and Linux 5.4 for all
// else, with CONFIG_NET_DROP_MONITOR. What a kernel has is asked from the
// family, see [Features]. Kernel source: net/core/drop_monitor.c,
// include/uapi/linux/net_dropmon.h.
package netdm
