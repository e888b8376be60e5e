package rtstat

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

// A kindTest makes a queueing discipline behind a tbf, so slow that a queue
// builds up, unless it is a root itself, and sends 200 frames at once.
type kindTest struct {
	kind  string
	setup string // what follows "tc qdisc add dev left parent 1:1 handle 2:"
	root  bool   // what follows "tc qdisc add dev left root handle 2:"
	more  string // further commands
	// settings have to come out as they were given.
	settings []Setting
	// xstats are what tc calls them, and what they are here. drops are those
	// that have to add up to what was dropped; with atMost there may be more
	// drops, which no number tells apart. With newer, older kernels lack them.
	xstats map[string]string
	drops  []string
	atMost bool
	newer  bool
}

func kindTests() []kindTest {
	same := func(names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			theirs, ours, found := strings.Cut(n, "=")
			if !found {
				ours = theirs
			}
			m[theirs] = ours
		}
		return m
	}
	return []kindTest{
		{kind: "pfifo", setup: "pfifo limit 7", settings: []Setting{{"limit", 7, "packets"}}},
		{kind: "bfifo", setup: "bfifo limit 7000", settings: []Setting{{"limit", 7000, "bytes"}}},
		{kind: "tbf", root: true, setup: "tbf rate 8kbit burst 3000 limit 9000 peakrate 16kbit mtu 2000",
			settings: []Setting{{"limit", 9000, "bytes"}, {"rate", 1000, "bytes/s"}, {"peakrate", 2000, "bytes/s"}}},
		{kind: "fq", setup: "fq limit 60 flow_limit 40 maxrate 1mbit", xstats: same("gc=gc_flows", "flows_plimit"), drops: []string{"flows_plimit"},
			settings: []Setting{{"limit", 60, "packets"}, {"flow_limit", 40, "packets"}, {"maxrate", 125000, "bytes/s"}}},
		{kind: "fq_codel", setup: "fq_codel limit 50 flows 32 memory_limit 1mb", drops: []string{"drop_overlimit"}, atMost: true,
			xstats:   same("maxpacket", "drop_overlimit", "new_flow_count", "ecn_mark", "new_flows_len", "old_flows_len"),
			settings: []Setting{{"limit", 50, "packets"}, {"flows", 32, "flows"}, {"memory_limit", 1 << 20, "bytes"}}},
		{kind: "codel", setup: "codel limit 50", drops: []string{"drop_overlimit"}, atMost: true, settings: []Setting{{"limit", 50, "packets"}},
			xstats: same("count", "lastcount", "maxpacket", "ecn_mark", "drop_overlimit")},
		{kind: "red", setup: "red limit 20000 min 5000 max 10000 avpkt 1000 burst 6", settings: []Setting{{"limit", 20000, "bytes"}, {"min", 5000, "bytes"}},
			xstats: same("marked", "early", "pdrop", "other"), drops: []string{"early", "pdrop", "other"}},
		{kind: "choke", setup: "choke limit 60 min 5 max 20 burst 6 bandwidth 10mbit", settings: []Setting{{"limit", 60, "packets"}, {"max", 20, "packets"}},
			xstats: same("marked", "early", "pdrop", "other", "matched")},
		{kind: "sfq", setup: "sfq limit 50", settings: []Setting{{"limit", 50, "packets"}, {"depth", 127, "packets"}}},
		{kind: "sfb", setup: "sfb limit 40 max 20 target 15", settings: []Setting{{"limit", 40, "packets"}, {"max", 20, "packets"}},
			xstats: same("earlydrop", "penaltydrop", "bucketdrop", "queuedrop", "childdrop", "marked", "maxqlen"),
			drops:  []string{"earlydrop", "penaltydrop", "bucketdrop", "queuedrop", "childdrop"}},
		{kind: "pie", setup: "pie limit 50", settings: []Setting{{"limit", 50, "packets"}}, drops: []string{"pie_dropped"},
			xstats: same("pkts_in=packets_in", "overlimit", "dropped=pie_dropped", "maxq", "ecn_mark")},
		{kind: "fq_pie", setup: "fq_pie limit 50 flows 16", settings: []Setting{{"limit", 50, "packets"}, {"flows", 16, "flows"}},
			xstats: same("pkts_in=packets_in", "overlimit", "overmemory", "dropped=fq_pie_dropped", "ecn_mark", "new_flow_count")},
		{kind: "hhf", setup: "hhf limit 50", settings: []Setting{{"limit", 50, "packets"}}, drops: []string{"drop_overlimit"},
			xstats: same("drop_overlimit", "hh_overlimit", "tot_hh=hh_tot_count", "cur_hh=hh_cur_count")},
		{kind: "cake", root: true, setup: "cake bandwidth 8kbit memlimit 40000 besteffort", drops: []string{"tin0_dropped_packets"},
			xstats:   same("memory_used", "memory_limit"),
			settings: []Setting{{"bandwidth", 1000, "bytes/s"}, {"memlimit", 40000, "bytes"}}},
		{kind: "netem", setup: "netem limit 30 loss 100%", drops: []string{"netem_dropped"}, newer: true, settings: []Setting{{"limit", 30, "packets"}, {"loss", 1<<32 - 1, ""}}},
		{kind: "gred", setup: "gred setup DPs 2 default 1", drops: []string{"vq1_prob_drop", "vq1_forced_drop", "vq1_pdrop"},
			more: "tc qdisc change dev left parent 1:1 handle 2: gred DP 1 limit 20000 min 5000 max 15000 avpkt 1000 burst 9 bandwidth 10mbit probability 0.1"},
		{kind: "skbprio", setup: "skbprio limit 30", settings: []Setting{{"limit", 30, "packets"}}},
		{kind: "prio", setup: "prio"},
	}
}

func TestRootKinds(t *testing.T) {
	for _, test := range kindTests() {
		t.Run(test.kind, func(t *testing.T) {
			c := dial(t, fresh(t))
			wire(t)
			if test.root {
				add(t, "tc qdisc add dev left root handle 2: "+test.setup)
			} else {
				lines(t, "tc qdisc add dev left root handle 1: tbf rate 8kbit burst 3000 limit 1000000")
				add(t, "tc qdisc add dev left parent 1:1 handle 2: "+test.setup)
			}
			lines(t, test.more)
			s := newSender(t, c, "left")
			s.send(200)
			test.check(t, c)
		})
	}
}

// add makes a queueing discipline, or skips the test if the kernel has none of
// the kind.
func add(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	output, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	switch text := string(output); {
	case err == nil:
	case strings.Contains(text, "qdisc kind is unknown"):
		lacking(t, line+": "+strings.TrimSpace(text))
	default:
		t.Fatalf("%s: %v\n%s", line, err, output)
	}
}

func (test *kindTest) check(t *testing.T, c *Conn) {
	t.Helper()
	index := link(t, c, "left").Index
	parent := Handle(0x10001)
	if test.root {
		parent = Root
	}
	// Time passes and packets leave, so that one reading has to fit between two
	// equal ones of tc.
	for attempt := 0; ; attempt++ {
		before := test.shown(t)
		body := raw(t, c, index, parent)
		q, err := DecodeQdisc(body)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(test.shown(t)) != fmt.Sprint(before) && attempt < 20 {
			continue
		}
		test.compare(t, &q, before)
		keep(t, "qdisc-"+test.kind, body)
		return
	}
}

func (test *kindTest) shown(t *testing.T) map[string]string {
	t.Helper()
	for _, s := range showQdiscs(t, "left") {
		if s.Handle == "2:" {
			numbers := map[string]string{}
			for name, text := range s.Numbers {
				numbers[name] = string(text)
			}
			return numbers
		}
	}
	t.Fatal("tc does not show it")
	return nil
}

func (test *kindTest) compare(t *testing.T, q *Qdisc, shown map[string]string) {
	t.Helper()
	if q.Kind != test.kind {
		t.Errorf("kind %s", q.Kind)
	}
	for theirs, ours := range tcStats() {
		if got := fmt.Sprint(value(t, q.Stats, ours)); got != shown[theirs] {
			t.Errorf("%s is %s, tc says %s", ours, got, shown[theirs])
		}
	}
	for theirs, ours := range test.xstats {
		if got := fmt.Sprint(value(t, q.XStats, ours)); got != shown[theirs] {
			t.Errorf("%s is %s, tc says %s in %v", ours, got, shown[theirs], shown)
		}
	}
	for _, n := range q.XStats {
		if strings.HasPrefix(n.Name, xstatPrefix) {
			t.Errorf("%s of this kernel has no name here", n.Name)
		}
	}
	for _, want := range test.settings {
		if !slices.Contains(q.Settings, want) {
			t.Errorf("no setting %v in %v", want, q.Settings)
		}
	}
	dropped := value(t, q.Stats, "dropped")
	if dropped == 0 && test.kind != "prio" {
		t.Errorf("nothing was dropped")
	}
	if len(test.drops) == 0 || test.newer && len(q.XStats) == 0 {
		return
	}
	var sum uint64
	for _, name := range test.drops {
		sum += value(t, q.XStats, name)
	}
	if sum != dropped && !(test.atMost && 0 < sum && sum < dropped) {
		t.Errorf("%v add up to %d, dropped is %d", test.drops, sum, dropped)
	}
}

// raw is the message of one queueing discipline as the kernel gives it.
func raw(t *testing.T, c *Conn, index uint32, parent Handle) (body []byte) {
	t.Helper()
	err := c.dump.Ask(nldump.Request{Type: unix.RTM_GETQDISC, Body: make([]byte, sizeofTCMessage)}, func(m nldump.Message) error {
		if q, err := DecodeQdisc(m.Data); err == nil && q.Interface == index && q.Parent == parent {
			body = slices.Clone(m.Data)
		}
		return nil
	})
	if err != nil || body == nil {
		t.Fatalf("no message of it: %v", err)
	}
	return body
}

// keep prints a message if CAPTURE is set, for the file NAME.bin of testdata, in
// a directory named by the kernel's release.
func keep(t *testing.T, name string, body []byte) {
	t.Helper()
	if os.Getenv("CAPTURE") != "" && !t.Failed() {
		fmt.Printf("capture %s.bin %s\n", name, base64.StdEncoding.EncodeToString(body))
	}
}
