package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"dropwatch/internal/peer/record"
)

// What an ordinary host tells of.
const (
	fileSystems = 3
	interfaces  = 3
	users       = 2
	rows        = 8
)

// sample makes up what a host tells in one interval: as much as an ordinary one in
// the field, with other numbers each time.
func sample(name string, interval float64, seed, sequence uint64) *record.Report {
	r := rand.New(rand.NewPCG(seed, sequence))
	return &record.Report{
		Host:   &record.Host{Name: name, Kernel: "6.12.107+deb13-amd64", Version: "1.0.0", Role: "peer", Interval: interval},
		Status: sampleStatus(r), Drops: sampleDrops(r, interval),
	}
}

func upTo(r *rand.Rand, n uint64) *uint64       { return new(r.Uint64N(n)) }
func share(r *rand.Rand, top float64) *float64  { return new(r.Float64() * top) }
func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }
func someAddress(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
}
func someEnd(r *rand.Rand, top int) record.Endpoint {
	return record.Endpoint{Addr: someAddress(r), Port: uint16(1 + r.IntN(top))}
}

func sampleStatus(r *rand.Rand) *record.Status {
	s := &record.Status{
		Uptime: upTo(r, 1e7), Load1: share(r, 8), Load5: share(r, 8), Load15: share(r, 8), CPUs: new(uint64(16)),
		CPU: &record.CPU{
			Busy: share(r, 1), User: share(r, 1), System: share(r, 1), SoftIRQ: share(r, 0.1), IRQ: new(0.0), Steal: new(0.0), IOWait: share(r, 0.1),
		},
		MemoryTotal: new(uint64(16301232 * 1024)), MemoryAvailable: upTo(r, 16301232*1024), SwapTotal: new(uint64(1 << 30)), SwapAvailable: upTo(r, 1<<30),
		Pressure: &record.Pressure{
			CPUSome: share(r, 0.2), MemorySome: new(0.0), MemoryFull: new(0.0), IOSome: share(r, 0.1), IOFull: share(r, 0.1),
		},
		UserCount: new(uint64(users)),
		Clock:     &record.Clock{Synchronised: new(true), Offset: share(r, 0.001), MaxError: share(r, 0.05)},
		Disks: []record.Disk{{
			Name: "nvme0n1", ReadBytes: upTo(r, 1e6), WriteBytes: upTo(r, 1e7), Reads: share(r, 100), Writes: share(r, 100), Busy: share(r, 1),
		}},
	}
	for _, mount := range []string{"/", "/boot", "/var", "/srv"}[:fileSystems] {
		s.FileSystems = append(s.FileSystems, record.FileSystem{Mount: mount, Total: upTo(r, 1<<38), Available: upTo(r, 1<<37)})
	}
	for _, name := range []string{"eth0", "lo", "wg0", "docker0"}[:interfaces] {
		s.Interfaces = append(s.Interfaces, record.Interface{
			Name: name, Up: new(true), RxBytes: upTo(r, 1e13), TxBytes: upTo(r, 1e13), RxPackets: upTo(r, 1e10), TxPackets: upTo(r, 1e10),
			RxErrors: new(uint64(0)), TxErrors: new(uint64(0)), RxDrops: upTo(r, 1e5), TxDrops: new(uint64(0)),
			RxByteRate: share(r, 1e7), TxByteRate: share(r, 1e7), RxPacketRate: share(r, 1e4), TxPacketRate: share(r, 1e4),
		})
	}
	for i := range users {
		s.Users = append(s.Users, record.User{
			Name: pick(r, "root", "alice", "bob"), Terminal: fmt.Sprintf("pts/%d", i), Origin: someAddress(r).String(),
			Since: new(1790000000 + r.Int64N(1e6)), Idle: upTo(r, 90000),
		})
	}
	return s
}

// Kinds of drops that hosts see.
func kinds() []record.Row {
	return []record.Row{
		{Reason: "NO_SOCKET", Class: "peer", Function: "__udp4_lib_rcv", Transport: "UDP", Cause: "no_socket_udp", Process: "dnsd"},
		{Reason: "NETFILTER_DROP", Class: "policy", Function: "nft_do_chain", Transport: "TCP", Cause: "netfilter_drop", Culprit: "rule inet filter input handle 14"},
		{Reason: "QDISC_DROP", Class: "loss", Function: "htb_enqueue", Transport: "TCP", Cause: "qdisc_limit", Culprit: "qdisc htb 1: dev eth0"},
		{Reason: "SOCKET_RCVBUFF", Class: "loss", Function: "__udp_enqueue_schedule_skb", Transport: "UDP", Cause: "socket_rcvbuff", Process: "syslogd"},
		{Reason: "NEIGH_FAILED", Class: "loss", Function: "neigh_invalidate", Transport: "ICMP", Cause: "neigh_failed"},
		{Reason: "TCP_FLAGS", Class: "benign", Function: "tcp_rcv_state_process", Transport: "TCP", Cause: "tcp_flags"},
	}
}

func sampleDrops(r *rand.Rand, seconds float64) *record.Drops {
	d := &record.Drops{Source: "ebpf", Seconds: seconds, Packets: r.Uint64N(1e6), Lost: r.Uint64N(1e5), Benign: r.Uint64N(1e4), Missed: new(uint64(0))}
	for _, class := range []string{"loss", "policy", "peer", "proto", "benign"} {
		d.Classes = append(d.Classes, record.Class{Class: class, Packets: r.Uint64N(1e5), Rate: share(r, 1e4)})
	}
	all := kinds()
	for range rows {
		row := all[r.IntN(len(all))]
		row.Packets, row.Bytes, row.Subsystem, row.Interface = 1+r.Uint64N(1e5), upTo(r, 1e8), "core", pick(r, "eth0", "docker0", "wg0")
		row.NetNS = pick(r, "", "", "blue")
		row.Source, row.Destination = someEnd(r, 60000), someEnd(r, 10000)
		d.Rows = append(d.Rows, row)
	}
	for _, name := range []string{"TcpExt.TCPRcvQDrop", "Udp.RcvbufErrors"} {
		d.Counters = append(d.Counters, record.Counter{Name: name, Delta: 1 + r.Uint64N(1e4), Unexplained: r.Uint64N(1e4)})
	}
	return d
}
