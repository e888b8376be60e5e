// Package rtstat reads the statistics of network interfaces and of queueing
// disciplines from the kernel, over route netlink.
//
// A [Conn] belongs to one network namespace and reads whole tables: [Conn.Links],
// [Conn.Extended], [Conn.Qdiscs], [Conn.Classes]. Nothing needs privileges.
// Numbers come out as [Named] values under the names that the kernel's headers
// give them, so that those of newer kernels get through: a struct that is
// longer than known ends in values named by their place, and an older kernel's
// shorter struct lacks the last ones, which are then absent and not zero.
//
// A packet that a queueing discipline loses may count several times: in the
// discipline, in the class above it and in the discipline above that. Which
// belongs to which is told by handle and parent; do not add them up.
package rtstat
