package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// What is made up of the hosts of a cluster.
const (
	hostCount   = 500
	hostRows    = 20 // as many as the agent tells unless configured
	hostMinutes = 60 // of drops that are kept, as far as there is room
)

// hostPackets are what the rows of one host tell.
const hostPackets = hostRows * (hostRows + 1) / 2

// tell fills a state directory as an agent does that has heard hosts for so long.
func tell(path string, hosts, minutes int) (err error) {
	d, err := statedir.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	now := time.Now()
	peers := make([]*statedir.Peer, hosts)
	for i := range peers {
		peers[i] = madeUp(i, now)
		if err := d.Write(peers[i]); err != nil {
			return err
		}
	}
	for minute := range minutes {
		for _, p := range peers {
			p.Sent = now.Add(time.Duration(minute+1-minutes) * time.Minute)
			p.Sequence = uint64(minute + 1)
			if err := d.AppendDrops(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// madeUp is a host that stays up for as long as this benchmark runs.
func madeUp(i int, now time.Time) *statedir.Peer {
	name := fmt.Sprintf("host%03d.example", i)
	return &statedir.Peer{
		ID: identity.ID{1, byte(i), byte(i >> 8)}, Name: name, Role: "mute", Address: netip.AddrPortFrom(hostAddress(i), 1513).String(),
		First: now.Add(-time.Hour), Last: now, Sent: now, Epoch: 1, Sequence: hostMinutes, Parts: 1, Received: 1, DownAfter: 1000,
		Report: &record.Report{
			Host: &record.Host{
				Name: name, Kernel: "6.18.44", Version: "v1.2.3", Role: "mute", Interval: interval.Seconds(), Boot: fmt.Sprintf("boot%d", i),
			},
			Status: madeUpStatus(), Drops: madeUpDrops(i),
		},
	}
}

func hostAddress(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}) }

func madeUpStatus() *record.Status {
	device := func(name string) record.Interface {
		return record.Interface{
			Name: name, Up: new(true), RxBytes: new(uint64(5 << 30)), TxBytes: new(uint64(3 << 30)), RxPackets: new(uint64(6 << 20)), TxPackets: new(uint64(4 << 20)),
			RxByteRate: new(1200.0), TxByteRate: new(800.0), RxPacketRate: new(3.5), TxPacketRate: new(2.5),
		}
	}
	space := func(mount string) record.FileSystem {
		return record.FileSystem{Mount: mount, Total: new(uint64(1 << 40)), Available: new(uint64(1 << 39))}
	}
	return &record.Status{
		Uptime: new(uint64(1000000)), Load1: new(0.5), Load5: new(0.4), Load15: new(0.3), CPUs: new(uint64(8)),
		CPU:         &record.CPU{Busy: new(0.05), User: new(0.03), System: new(0.01), SoftIRQ: new(0.01), IOWait: new(0.001)},
		MemoryTotal: new(uint64(16 << 30)), MemoryAvailable: new(uint64(9 << 30)), SwapTotal: new(uint64(1 << 30)), SwapAvailable: new(uint64(1 << 30)),
		UserCount: new(uint64(1)), Clock: &record.Clock{Synchronised: new(true), Offset: new(0.0001), MaxError: new(0.01)},
		FileSystems: []record.FileSystem{space("/"), space("/var")},
		Disks:       []record.Disk{{Name: "sda", ReadBytes: new(uint64(1000)), WriteBytes: new(uint64(50000)), Reads: new(0.1), Writes: new(4.5), Busy: new(0.01)}},
		Interfaces:  []record.Interface{device("eth0"), device("eth1"), device("lo")},
		Users:       []record.User{{Name: "root", Terminal: "pts/0", Origin: "10.2.0.1", Since: new(int64(1700000000)), Idle: new(uint64(300))}},
	}
}

// madeUpDrops are of flows that no other host tells of.
func madeUpDrops(i int) *record.Drops {
	d := &record.Drops{
		Source: "ebpf", Seconds: time.Minute.Seconds(), Packets: hostPackets, Lost: hostPackets, Missed: new(uint64(0)),
		Classes: []record.Class{{Class: "loss", Packets: hostPackets}},
	}
	for n := range hostRows {
		packets := uint64(hostRows - n)
		d.Rows = append(d.Rows, record.Row{
			Packets: packets, Bytes: new(100 * packets), Reason: fmt.Sprintf("REASON_%d", n), Subsystem: "core", Class: "loss",
			Function: "udp_queue_rcv_one_skb", NetNS: "web", Interface: "eth0", Transport: "UDP", Process: "dnsd",
			Text:        "The socket's receive buffer is full: the program reads too slowly.",
			Source:      record.Endpoint{Addr: hostAddress(i), Port: uint16(4000 + n)},
			Destination: record.Endpoint{Addr: hostAddress(i + 1), Port: 53},
		})
	}
	return d
}
