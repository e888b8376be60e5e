package cluster

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// many are 500 hosts with 20 rows each, as many as the agent sends.
func many() []*statedir.Peer {
	var peers []*statedir.Peer
	for i := range 500 {
		p := teller(i, fmt.Sprintf("boot%d", i/2), uint64(1000+i))
		p.Sent, p.Epoch = now, 1
		p.Report.Host.Version, p.Report.Host.Kernel = "v1.2.3", "6.18.44"
		p.Report.Status = &record.Status{
			Uptime: new(uint64(1000)), Load1: new(0.5), Load5: new(0.5), Load15: new(0.5), MemoryTotal: new(uint64(1 << 30)), MemoryAvailable: new(uint64(1 << 29)),
			CPU: &record.CPU{Busy: new(0.5), User: new(0.5), System: new(0.1)}, FileSystems: []record.FileSystem{{Mount: "/", Total: new(uint64(1 << 40)), Available: new(uint64(1 << 39))}},
			Interfaces: []record.Interface{{Name: "eth0", Up: new(true), RxByteRate: new(5.0), TxByteRate: new(5.0)}, {Name: "lo", Up: new(true), RxByteRate: new(5.0)}},
		}
		for n := range 20 {
			p.Report.Drops.Rows = append(p.Report.Drops.Rows, record.Row{
				Packets: uint64(n + 1), Bytes: new(uint64(100 * n)), Reason: fmt.Sprintf("REASON_%d", n), Subsystem: "core", Class: "loss", Function: "udp_queue_rcv_one_skb",
				NetNS: "b", Interface: "veth0", Transport: "UDP", Process: "dnsd", Text: "The socket's receive buffer is full: the program reads too slowly.",
				Source:      record.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), Port: uint16(4000 + n)},
				Destination: record.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 1, byte((i + 1) >> 8), byte(i + 1)}), Port: 53},
			})
		}
		peers = append(peers, p)
	}
	return peers
}

// fill writes them as an agent does, with an hour of drops if wanted.
func fill(b testing.TB, path string, minutes int) {
	b.Helper()
	d, err := statedir.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for _, p := range many() {
		if err := d.Write(p); err != nil {
			b.Fatal(err)
		}
		for m := minutes; m > 0; m-- {
			p.Sent = now.Add(time.Duration(1-m) * time.Minute)
			if err := d.AppendDrops(p); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A report of 500 hosts.
func BenchmarkDrops(b *testing.B) {
	peers := many()
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := New(peers, now).Drops().Write(&out); err != nil {
			b.Fatal(err)
		}
	}
}

// The same with all files read.
func BenchmarkReadAndDrops(b *testing.B) {
	path := b.TempDir()
	fill(b, path, 0)
	b.ReportAllocs()
	for b.Loop() {
		peers, problems, err := statedir.ReadAll(path)
		if err != nil || problems != nil || len(peers) != 500 {
			b.Fatal(len(peers), problems, err)
		}
		var out bytes.Buffer
		if err := New(peers, now).Drops().Write(&out); err != nil {
			b.Fatal(err)
		}
	}
}

// The same of the last hour, as far as there is room for it.
func BenchmarkReadAndDropsSince(b *testing.B) {
	path := b.TempDir()
	fill(b, path, 60)
	b.ReportAllocs()
	for b.Loop() {
		peers, problems, err := statedir.ReadAll(path)
		if err != nil || problems != nil || len(peers) != 500 {
			b.Fatal(len(peers), problems, err)
		}
		r, err := New(peers, now).DropsSince(path, now.Add(-time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		if err := r.Write(&out); err != nil {
			b.Fatal(err)
		}
	}
}
