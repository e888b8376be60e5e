package record

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
)

// share makes a number with as many steps per unit as a field has.
func share(r *rand.Rand, top, steps float64) *float64 {
	return new(math.Round(r.Float64()*top*steps) / steps)
}

func upTo(r *rand.Rand, n uint64) *uint64 { return new(r.Uint64N(n)) }

// A size says how much there is to tell.
type size struct{ rows, counters, interfaces, fileSystems, users, disks int }

var ordinary = size{rows: 8, counters: 2, interfaces: 3, fileSystems: 3, users: 2, disks: 1}

// sampleReport makes up a host like those found in the field, a different one
// for each seed.
func sampleReport(seed uint64, n size) *Report {
	r := rand.New(rand.NewPCG(seed, 6))
	kernels := []string{"6.18.44", "6.1.0-56-cloud-amd64", "6.12.107+deb13-amd64", "5.15.0-164-generic", "5.14.0-611.el9.x86_64"}
	return &Report{
		Host: &Host{
			Name: fmt.Sprintf("%s%d.example.net", pick(r, "db", "web", "mail", "app", "node"), r.IntN(900)), Kernel: pick(r, kernels...),
			Version: "0.3.1", Role: pick(r, "mute", "peer", "collector"), Interval: 10,
		},
		Status: sampleStatus(r, n),
		Drops:  sampleDrops(r, n),
	}
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

func sampleStatus(r *rand.Rand, n size) *Status {
	s := &Status{
		Uptime: upTo(r, 1e7), Load1: share(r, 8, 100), Load5: share(r, 8, 100), Load15: share(r, 8, 100), CPUs: new(1 + r.Uint64N(64)),
		CPU: &CPU{
			Busy: share(r, 1, 1000), User: share(r, 1, 1000), System: share(r, 1, 1000), SoftIRQ: share(r, 0.1, 1000),
			IRQ: new(0.0), Steal: new(0.0), IOWait: share(r, 0.1, 1000),
		},
		MemoryTotal: new(16301232 * uint64(1024)), MemoryAvailable: new(r.Uint64N(16301232) * 1024),
		SwapTotal: new(1 << 20 * uint64(1024)), SwapAvailable: new(r.Uint64N(1<<20) * 1024),
		Pressure:  &Pressure{CPUSome: share(r, 0.2, 10000), MemorySome: new(0.0), MemoryFull: new(0.0), IOSome: share(r, 0.1, 10000), IOFull: share(r, 0.1, 10000)},
		UserCount: new(uint64(n.users)),
		Clock:     &Clock{Synchronised: new(true), Offset: share(r, 0.001, 1e9), MaxError: share(r, 0.05, 1e9)},

		FileSystems: make([]FileSystem, 0), Disks: make([]Disk, 0), Interfaces: make([]Interface, 0), Users: make([]User, 0),
	}
	mounts := []string{"/", "/boot", "/boot/efi", "/var", "/home", "/srv", "/var/lib/docker", "/tmp"}
	for i := range n.fileSystems {
		total := (1 + r.Uint64N(1<<26)) * 4096
		mount := mounts[i%len(mounts)]
		if i >= len(mounts) {
			mount = fmt.Sprintf("/srv/data%d", i)
		}
		s.FileSystems = append(s.FileSystems, FileSystem{Mount: mount, Total: new(total), Available: new(r.Uint64N(total/4096) * 4096)})
	}
	for i := range n.disks {
		s.Disks = append(s.Disks, Disk{
			Name: fmt.Sprintf("nvme%dn1", i), ReadBytes: upTo(r, 1e6), WriteBytes: upTo(r, 1e7), Reads: share(r, 100, 10), Writes: share(r, 100, 10), Busy: share(r, 1, 1000),
		})
	}
	for i := range n.interfaces {
		s.Interfaces = append(s.Interfaces, sampleInterface(r, i))
	}
	for i := range n.users {
		s.Users = append(s.Users, User{
			Name: pick(r, "root", "admin", "alice", "bob", "carol"), Terminal: fmt.Sprintf("pts/%d", i), Origin: sampleAddr(r).String(),
			Since: new(1790000000 + r.Int64N(1e6)), Idle: upTo(r, 90000),
		})
	}
	return s
}

func sampleInterface(r *rand.Rand, i int) Interface {
	names := []string{"eth0", "lo", "docker0", "wg0", "br0"}
	name := names[i%len(names)]
	if i >= len(names) {
		name = fmt.Sprintf("veth%07x", r.Uint32()&0xfffffff)
	}
	return Interface{
		Name: name, Up: new(true), RxBytes: upTo(r, 1e13), TxBytes: upTo(r, 1e13), RxPackets: upTo(r, 1e10), TxPackets: upTo(r, 1e10),
		RxErrors: new(uint64(0)), TxErrors: new(uint64(0)), RxDrops: upTo(r, 100000), TxDrops: new(uint64(0)),
		RxByteRate: share(r, 1e7, 1), TxByteRate: share(r, 1e7, 1), RxPacketRate: share(r, 1e4, 10), TxPacketRate: share(r, 1e4, 10),
	}
}

func sampleAddr(r *rand.Rand) netip.Addr {
	if r.IntN(4) == 0 {
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, byte(r.IntN(256)), byte(r.IntN(256)), 14: byte(r.IntN(256)), 15: byte(r.IntN(256))})
	}
	return netip.AddrFrom4([4]byte{10, byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
}

var sampleRows = []Row{
	{Reason: "NO_SOCKET", Class: "peer", Function: "__udp4_lib_rcv", Transport: "UDP", Discard: new(uint64(10)), Cause: "no_socket_udp", Process: "dnsd"},
	{Reason: "NETFILTER_DROP", Class: "policy", Function: "nft_do_chain", Transport: "TCP", Discard: new(uint64(11)), Cause: "netfilter_drop", Culprit: "rule inet filter input handle 14"},
	{Reason: "QDISC_DROP", Class: "loss", Function: "htb_enqueue", Transport: "TCP", Cause: "qdisc_limit", Culprit: "qdisc htb 1: dev eth0"},
	{Reason: "SOCKET_RCVBUFF", Class: "loss", Function: "__udp_enqueue_schedule_skb", Transport: "UDP", Cause: "socket_rcvbuff", Process: "syslogd"},
	{Reason: "TCP_OLD_DATA", Class: "proto", Function: "tcp_data_queue", Transport: "TCP", Cause: "tcp_old_data"},
	{Reason: "IP_RPFILTER", Class: "policy", Function: "ip_rcv_finish_core", Transport: "UDP", Cause: "rp_filter"},
	{Reason: "NEIGH_FAILED", Class: "loss", Function: "neigh_invalidate", Transport: "ICMP", Cause: "neigh_failed"},
	{Reason: "TCP_FLAGS", Class: "benign", Function: "tcp_rcv_state_process", Transport: "TCP", Cause: "tcp_flags"},
	{Reason: "UNICAST_IN_L2_MULTICAST", Class: "peer", Function: "ip_route_input_slow", Transport: "UDP", Cause: "unicast_in_l2_multicast"},
	{Reason: "PKT_TOO_BIG", Class: "loss", Function: "ip6_forward", Transport: "TCP", Cause: "pkt_too_big"},
}

func sampleDrops(r *rand.Rand, n size) *Drops {
	d := &Drops{
		Source: "ebpf", Seconds: 10, Packets: r.Uint64N(1e6), Lost: r.Uint64N(1e5), Benign: r.Uint64N(1e4), Missed: new(uint64(0)),
		Rows: make([]Row, 0), Counters: make([]Counter, 0),
	}
	for _, class := range []string{"loss", "policy", "peer", "proto", "benign"} {
		d.Classes = append(d.Classes, Class{Class: class, Packets: r.Uint64N(1e5), Rate: share(r, 1e4, 100)})
	}
	for range n.rows {
		row := sampleRows[r.IntN(len(sampleRows))]
		row.Packets, row.Bytes, row.Subsystem = 1+r.Uint64N(1e5), upTo(r, 1e8), "core"
		row.Interface, row.NetNS = pick(r, "eth0", "docker0", "lo", "wg0"), pick(r, "", "", "blue", "cni-4f1c")
		row.Source = Endpoint{sampleAddr(r), uint16(1024 + r.IntN(60000))}
		row.Destination = Endpoint{sampleAddr(r), uint16(r.IntN(10000))}
		d.Rows = append(d.Rows, row)
	}
	for range n.counters {
		delta := 1 + r.Uint64N(10000)
		d.Counters = append(d.Counters, Counter{
			Name:  pick(r, "TcpExt.TCPRcvQDrop", "Udp.RcvbufErrors", "TcpExt.ListenDrops", "Ip.InDiscards", "interface.eth0.rx_missed_errors", "softnet.dropped"),
			Delta: delta, Unexplained: r.Uint64N(delta),
		})
	}
	return d
}
