package report

import (
	"bytes"
	"testing"
	"time"
)

// Where drops were not watched nothing may say that there were none.
func TestGoldenCountersAlone(t *testing.T) {
	s := &Summary{
		Schema: SummarySchema, Host: "h", Kernel: "6.18.44", Source: SourceCounters, From: noon, To: noon.Add(10 * time.Second), Seconds: 10,
		Total: Total{Packets: 5, Lost: 5}, Missed: Missed{AtLeast: true},
		Drops: []Drop{{Packets: 5, Buffers: 5, Class: "loss", Origin: "counter", Counter: "TcpExt.ListenDrops", NetNS: &NetNS{Inode: 7, Name: "web"}, Cause: "A SYN met a full queue.", Advice: "Accept faster."}},
		Counters: []Counter{
			{Name: "Udp.NoPorts", NetNS: &NetNS{Inode: 7, Name: "web"}, Delta: 100, Loss: true, Unexplained: 100, AtLeast: true, Meaning: "Datagrams to a port where no program listens."},
			{Name: "Icmp.OutMsgs", NetNS: &NetNS{Inode: 7, Name: "web"}, Delta: 6},
		},
		Coverage: []Coverage{{What: "drops", Why: "CAP_BPF and CAP_PERFMON are missing; run with sudo"}},
	}
	var text bytes.Buffer
	if err := (Text{Advice: true}).Summary(&text, s); err != nil {
		t.Fatal(err)
	}
	fits(t, text.Bytes())
	golden(t, "counters-alone", text.Bytes())
}
