package report

import (
	"bytes"
	"testing"
)

// counted is a summary with counters of all kinds and with culprits.
func counted() *Summary {
	web := &NetNS{Inode: 4026532200, Name: "web"}
	eth0 := &Interface{Index: 2, Name: "eth0"}
	dnsd := &Process{PID: 812, Name: "dnsd"}
	accept, backlog := uint32(129), uint32(128)
	return &Summary{
		Schema: SummarySchema, Host: "h", Kernel: "6.18.44", Source: "ebpf",
		From: noon, To: noon.Add(10e9), Seconds: 10,
		Total: Total{Packets: 244, Bytes: 9000, Lost: 244},
		Drops: []Drop{
			{
				Packets: 97, Buffers: 97, Bytes: 9000, Reason: "SOCKET_RCVBUFF", Subsystem: "core", Class: "loss", Origin: "software",
				NetNS: web, Interface: eth0, Protocol: "IPv4", Transport: "UDP", Process: dnsd,
				Cause: "The receiving program did not read fast enough; its UDP socket buffer was full.",
				Culprit: []Culprit{{
					Kind: "socket", Name: "dnsd, pid 812, udp socket *:53, receive buffer 4608 bytes", Packets: 97, Process: dnsd,
					Socket: &Socket{Protocol: "udp", Local: "*:53", Inode: 1234, Received: 4000, ReceiveBuffer: 4608},
				}},
			},
			{
				Packets: 50, Buffers: 50, Reason: "NETFILTER_DROP", Subsystem: "core", Class: "policy", Origin: "software",
				NetNS: web, Interface: eth0, Protocol: "IPv4", Transport: "TCP",
				Culprit: []Culprit{
					{Kind: "rule", Name: `firewall rule inet f i handle 4 "no telnet"`, Packets: 40,
						Rule: &Rule{System: "nft", Family: "inet", Table: "f", Chain: "i", Hook: "input", Handle: 4, Number: 1, Verdict: "drop", Comment: "no telnet"}},
					{Kind: "rule", Name: "firewall policy inet f i policy drop", Packets: 10,
						Rule: &Rule{System: "nft", Family: "inet", Table: "f", Chain: "i", Hook: "input", Policy: true, Verdict: "drop"}},
				},
			},
			{
				Packets: 6, Buffers: 6, Class: "loss", Origin: "counter", Counter: "TcpExt.ListenDrops", NetNS: web,
				Culprit: []Culprit{{
					Kind: "listener", Name: "httpd, pid 5, tcp socket *:80, 129 of 128 waiting to be accepted", Packets: 6,
					Process: &Process{PID: 5, Name: "httpd"}, Socket: &Socket{Protocol: "tcp", Local: "*:80", Inode: 7, Accept: &accept, Backlog: &backlog},
				}},
			},
			{
				Packets: 88, Buffers: 88, Reason: "QDISC_DROP", Subsystem: "core", Class: "loss", Origin: "software", NetNS: web, Interface: eth0,
				Culprit: []Culprit{{
					Kind: "qdisc", Name: "qdisc pfifo 10: parent 1:10 on eth0, limit 10 packets", Packets: 88, Interface: eth0,
					Qdisc: &Qdisc{Kind: "pfifo", Handle: "10:", Parent: "1:10", Settings: []Setting{{"limit", 10, "packets"}}},
				}},
			},
			{
				Packets: 3, Buffers: 3, Reason: "IP_INNOROUTES", Subsystem: "core", Class: "loss", Origin: "software", NetNS: web,
				Culprit: []Culprit{{Kind: "route", Name: "route to 192.0.2.7", Address: "192.0.2.7"}},
			},
		},
		Counters: []Counter{
			{
				Name: "Udp.InErrors", NetNS: web, Delta: 120, Loss: true, Explained: 117, Unexplained: 3, Meaning: "Datagrams in error.",
				Cause: "A checksum that was found wrong only when the program read the datagram.",
				By: []CounterShare{
					{Reason: "SOCKET_RCVBUFF", Subsystem: "core", Packets: 97, Process: dnsd},
					{Reason: "UDP_CSUM", Subsystem: "core", Packets: 20},
				},
			},
			{
				Name: "tc.dropped", NetNS: web, Interface: eth0, Object: "qdisc htb 1: root", Delta: 88, Loss: true, Explained: 88, Parent: true,
				By: []CounterShare{{Reason: "QDISC_DROP", Subsystem: "core", Packets: 88}},
			},
			{
				Name: "tc.dropped", NetNS: web, Interface: eth0, Object: "qdisc pfifo 10: parent 1:10", Delta: 88, Loss: true, Explained: 88,
				By: []CounterShare{{Reason: "QDISC_DROP", Subsystem: "core", Packets: 88}},
			},
			{
				Name: "socket.drops", NetNS: web, Object: "tcp 0.0.0.0:80 inode 7", Delta: 6, Loss: true, Explained: 6,
				By: []CounterShare{{Packets: 6, Process: &Process{PID: 5, Name: "httpd"}}},
			},
			{
				Name: "softnet.dropped", Object: "cpu 0", Delta: 9, Loss: true, Explained: 4, Unexplained: 5, AtLeast: true,
				By: []CounterShare{{Reason: "CPU_BACKLOG", Subsystem: "core", Packets: 4}},
			},
			{Name: "Tcp.OutRsts", NetNS: web, Delta: 2, Explained: 2, By: []CounterShare{{Reason: "NO_SOCKET", Subsystem: "core", Packets: 2}}},
		},
	}
}

func TestSummaryCounters(t *testing.T) {
	var text, short, document bytes.Buffer
	s := counted()
	for _, err := range []error{
		Text{Advice: true}.Summary(&text, s), Text{}.Summary(&short, s), s.WriteJSON(&document),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "summary-counters", text.Bytes())
	golden(t, "summary-counters-short", short.Bytes())
	golden(t, "summary-counters-json", document.Bytes())
}

// TestCountersWithoutLoss holds that a heading never stands alone.
func TestCountersWithoutLoss(t *testing.T) {
	s := counted()
	s.Counters = s.Counters[len(s.Counters)-1:]
	var b bytes.Buffer
	if err := (Text{}).Summary(&b, s); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b.Bytes(), []byte("counters of the kernel")) {
		t.Errorf("no counter means loss, but there is a heading:\n%s", &b)
	}
}
