// Package procfile parses the statistics that the kernel shows as text below
// /proc/net: snmp, netstat, snmp6, softnet_stat, sockstat, protocols, xfrm_stat,
// the tables below stat/ and netfilter/nfnetlink_queue.
//
// It is given the text and never opens a file, so it needs no privileges and can
// read what another host or another kernel wrote. A [Parser] belongs to one file
// and remembers the names it has met: to parse the same file again makes no
// garbage.
//
// What a newer kernel adds passes through: further groups, counters and rows
// under the kernel's own names. Only columns without a name (softnet_stat) can
// not be told and are left out.
package procfile
