package check

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/report"
)

// drops are two rows and a counter of which a part is unexplained.
func drops() *report.Summary {
	return &report.Summary{
		Schema: report.SummarySchema, Source: "ebpf", Seconds: 5,
		Total: report.Total{Packets: 130, Lost: 120, Benign: 10},
		Drops: []report.Drop{
			{Packets: 100, Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", NetNS: &report.NetNS{Inode: 1, Name: "a|b"}},
			{Packets: 20, Reason: "SOCKET_RCVBUFF", Subsystem: "core", Class: "loss", Process: &report.Process{PID: 7, Name: "dnsd"}},
		},
		Counters: []report.Counter{
			{Name: "Udp.InErrors", Delta: 23, Loss: true, Explained: 20, Unexplained: 3},
			{Name: "tc.dropped", Delta: 9, Loss: true, Unexplained: 9, Parent: true},
		},
	}
}

func counterRows() *report.Counters {
	return &report.Counters{
		Schema: report.CountersSchema, Seconds: 4,
		Counters: []report.CounterRow{
			{Name: "Udp.InErrors", NetNS: &report.NetNS{Inode: 1, Name: "a"}, Delta: 20, Loss: true},
			{Name: "Udp.InErrors", NetNS: &report.NetNS{Inode: 2, Name: "b"}, Delta: 3, Loss: true},
			{Name: "Udp.NoPorts", NetNS: &report.NetNS{Inode: 1, Name: "a"}, Loss: true},
			{Name: "tc.dropped", Delta: 9, Loss: true, Parent: true},
			{Name: "tc.dropped", Delta: 8, Loss: true},
			{Name: "nft.packets", Delta: 5, Loss: true},
			{Name: "nft.packets", Delta: 1000}, // of a rule that accepts
		},
		Unread: map[string]string{"xfrm_stat": "not permitted"},
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		name              string
		warning, critical []string
		evidence          Evidence
		want              string
	}{
		{"nothing crossed", []string{"lost=120"}, []string{"lost=1000"}, Evidence{Drops: drops()},
			"DROPWATCH OK - 120 packets lost in 5.0 s | 'lost'=120;120;1000;0; 'class.loss'=20;;;0; 'class.policy'=0;;;0; 'class.peer'=100;;;0; 'class.proto'=0;;;0; 'class.benign'=10;;;0; 'missed'=0;;;0;\n" +
				"100 NO_SOCKET (peer) in a/b\n20 SOCKET_RCVBUFF (loss) in dnsd (pid 7)\n"},
		{"the worse one counts", []string{"reason.no_socket=99"}, []string{"class.loss/s=3.9"}, Evidence{Drops: drops()},
			"DROPWATCH CRITICAL - reason.no_socket is 100, warning is more than 99; class.loss/s is 4, critical is more than 3.9; 120 packets lost in 5.0 s | 'lost'=120;;;0; 'class.loss'=20;;;0; 'class.policy'=0;;;0; 'class.peer'=100;;;0; 'class.proto'=0;;;0; 'class.benign'=10;;;0; 'missed'=0;;;0; 'reason.no_socket'=100;99;;0; 'class.loss/s'=4;;3.9;0;\n" +
				"100 NO_SOCKET (peer) in a/b\n20 SOCKET_RCVBUFF (loss) in dnsd (pid 7)\n"},
		{"counters alone", []string{"counter.Udp.InErrors=20", "counter.UdpNoPorts/s=1"}, []string{"counter.tc.dropped/s=2", "counter.nft.packets=5"}, Evidence{Counters: counterRows(), Blind: "CAP_BPF is missing"},
			"DROPWATCH WARNING - counter.Udp.InErrors is 23, warning is more than 20; counters only in 4.0 s, drops were not watched | 'counter.Udp.InErrors'=23;20;;0; 'counter.UdpNoPorts/s'=0;1;;0; 'counter.tc.dropped/s'=2;;2;0; 'counter.nft.packets'=5;;5;0;\n" +
				"not seen: drops: CAP_BPF is missing\n20 Udp.InErrors in a\n3 Udp.InErrors in b\n"},
		{"drops are not known", []string{"lost=1"}, nil, Evidence{Counters: counterRows()},
			"DROPWATCH UNKNOWN - lost is not known: drops were not watched; counters only in 4.0 s, drops were not watched\n"},
		{"critical is worse than unknown", []string{"counter.Tcp.Invented=1"}, []string{"counter.Udp.InErrors=0"}, Evidence{Counters: counterRows()},
			"DROPWATCH CRITICAL - counter.Tcp.Invented is not known: there is no such counter; `dropwatch counters --all` lists them; counter.Udp.InErrors is 23, critical is more than 0; counters only in 4.0 s, drops were not watched | 'counter.Udp.InErrors'=23;;0;0;\n" +
				"20 Udp.InErrors in a\n3 Udp.InErrors in b\n"},
	} {
		rules, err := Parse(test.warning, test.critical)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := rules.Judge(test.evidence).WriteText(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// What is absent is zero only where there need not be such a thing.
func TestMissingCounter(t *testing.T) {
	e := Evidence{Counters: counterRows()}
	for name, want := range map[string]string{
		"link.rx_dropped":          "", // no interface
		"socket.drops":             "", // no socket with losses
		"Udp.MemErrors":            "nothing counts it here",
		"xfrm_stat.XfrmInNoPols":   "it cannot be read: not permitted",
		"ethtool.rx_whatever_drop": "there is no such counter; `dropwatch counters --all` lists them",
	} {
		n, err := e.value(Metric{Kind: kindCounter, Name: name})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if n != 0 || got != want {
			t.Errorf("%s: %v, %q, want %q", name, n, got, want)
		}
	}
}

// More drops than were counted cross a threshold of none, and are told.
func TestMissed(t *testing.T) {
	r := drops()
	r.Missed.AtLeast = true
	rules, err := Parse([]string{"missed=0", "unexplained=2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "missed is 1, warning is more than 0; unexplained is 3, warning is more than 2; at least 120 packets lost in 5.0 s"
	if c := rules.Judge(Evidence{Drops: r}); c.Text != want || c.Status != report.StatusWarning {
		t.Errorf("%s - %s, want WARNING - %s", c.Status, c.Text, want)
	}
}
