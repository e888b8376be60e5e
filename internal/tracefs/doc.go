// Package tracefs reads the tracepoint skb:kfree_skb through the trace file
// system, for hosts where eBPF cannot be used.
//
// [Open] makes a trace instance of its own, so that neither the host's trace
// nor another reader is disturbed, and [Drops.Close] removes it. An instance
// that a killed process left behind is removed by the next Open. What does not
// fit into the kernel's buffer is counted, see [Drops.Lost].
//
// The tracepoint tells location, reason, protocol and time of a drop; not the
// packet, its length, its interface or its namespace.
//
// Needs a mounted tracefs (Linux 4.1) with events, and write access to it.
// Kernel source: kernel/trace/ring_buffer.c, kernel/trace/trace.c,
// include/trace/events/skb.h.
package tracefs
