package rtstat

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"dropwatch/counters/internal/nldump"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A tbf drops what its limit does not hold; the sender is told, so the number is
// known exactly.
func TestRootTBF(t *testing.T) {
	c := dial(t, fresh(t))
	wire(t)
	run(t, strings.Fields("tc qdisc add dev left root handle 8001: tbf rate 8kbit burst 3000 limit 10000")...)
	s := newSender(t, c, "left")
	lost := s.send(100)
	q := qdisc(t, c, link(t, c, "left").Index, Root)
	if lost < 80 || value(t, q.Stats, "dropped") != lost {
		t.Errorf("%d dropped, the sender lost %d", value(t, q.Stats, "dropped"), lost)
	}
	if sum := value(t, q.Stats, "packets") + value(t, q.Stats, "qlen") + lost; sum != 100 {
		t.Errorf("%d packets sent, waiting or dropped, want 100", sum)
	}
	if got, want := q.Object(), "qdisc tbf 8001: root"; got != want {
		t.Errorf("object %q, want %q", got, want)
	}
	want := []Setting{{"limit", 10000, "bytes"}, {"rate", 1000, "bytes/s"}, setting(t, &q, "burst")}
	if diff := cmp.Diff(want, q.Settings); diff != "" {
		t.Error(diff)
	}
	// What the kernel rounds off is less than a byte here, so it may show as one.
	if burst := setting(t, &q, "burst").Value; burst != 3000 && burst != 2999 {
		t.Errorf("burst of %d bytes, want 3000", burst)
	}
}

// One packet that a queue below htb drops counts in the queue, in its class and
// in the root, and handle and parent say how these belong together.
func TestRootHTB(t *testing.T) {
	c := dial(t, fresh(t))
	wire(t)
	lines(t, `
		tc qdisc add dev left root handle 1: htb default 20
		tc class add dev left parent 1: classid 1:1 htb rate 8kbit
		tc class add dev left parent 1:1 classid 1:10 htb rate 8kbit burst 1600
		tc class add dev left parent 1:1 classid 1:20 htb rate 8kbit
		tc qdisc add dev left parent 1:10 handle 10: pfifo limit 3`)
	s := newSender(t, c, "left")
	s.class(0x10010)
	lost := s.send(50)
	if lost < 40 {
		t.Fatalf("only %d lost", lost)
	}
	index := link(t, c, "left").Index
	root, child, hidden := qdisc(t, c, index, Root), qdisc(t, c, index, 0x10010), qdisc(t, c, index, 0x10020)
	classes, err := c.Classes(index)
	if err != nil {
		t.Fatal(err)
	}
	class := map[Handle]Class{}
	for _, cl := range classes {
		class[cl.Handle] = cl
	}
	for name, list := range map[string][]Named{"root": root.Stats, "class": class[0x10010].Stats, "queue": child.Stats} {
		if got := value(t, list, "dropped"); got != lost {
			t.Errorf("%s: %d dropped, the sender lost %d", name, got, lost)
		}
	}
	if got := value(t, hidden.Stats, "dropped") + value(t, class[0x10020].Stats, "dropped"); got != 0 {
		t.Errorf("the other class dropped %d", got)
	}
	leaf, top := class[0x10010], class[0x10001]
	got := []string{root.Object(), child.Object(), hidden.Object(), leaf.Object(), top.Object()}
	want := []string{
		"qdisc htb 1: root", "qdisc pfifo 10: parent 1:10", "qdisc pfifo 0: parent 1:20",
		"class htb 1:10 parent 1:1", "class htb 1:1 root",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if leaf.Info != 0x100000 || !root.Classful() || child.Classful() {
		t.Errorf("leaf %x, classful %t and %t", leaf.Info, root.Classful(), child.Classful())
	}
	if limit := setting(t, &child, "limit"); limit != (Setting{"limit", 3, "packets"}) {
		t.Errorf("limit %v", limit)
	}
	if rate := setting(t, &leaf.Qdisc, "rate"); rate != (Setting{"rate", 1000, "bytes/s"}) {
		t.Errorf("rate %v", rate)
	}
	compareTC(t, c, "left")
}

// Frames of an unknown EtherType are dropped by the receiving stack.
func TestRootUnknownEtherType(t *testing.T) {
	c := dial(t, fresh(t))
	wire(t)
	s := newSender(t, c, "left")
	before := value(t, link(t, c, "right").Stats, "rx_dropped")
	if lost := s.send(7); lost != 0 {
		t.Fatalf("%d lost", lost)
	}
	right := link(t, c, "right")
	if rise := value(t, right.Stats, "rx_dropped") - before; rise != 7 {
		t.Errorf("rx_dropped rose by %d, want 7", rise)
	}
	if got := value(t, link(t, c, "left").Stats, "tx_packets"); got != 7 {
		t.Errorf("%d packets sent, want 7", got)
	}
	compareIP(t, c)
}

// ipStats are the names that the ip program has for the fields.
func ipStats() map[string]string {
	return map[string]string{
		"rx.bytes": "rx_bytes", "rx.packets": "rx_packets", "rx.errors": "rx_errors", "rx.dropped": "rx_dropped",
		"rx.multicast": "multicast", "rx.length_errors": "rx_length_errors", "rx.crc_errors": "rx_crc_errors",
		"rx.frame_errors": "rx_frame_errors", "rx.fifo_errors": "rx_fifo_errors", "rx.over_errors": "rx_missed_errors",
		"rx.nohandler": "rx_nohandler", "rx.otherhost": "rx_otherhost_dropped",
		"tx.bytes": "tx_bytes", "tx.packets": "tx_packets", "tx.errors": "tx_errors", "tx.dropped": "tx_dropped",
		"tx.collisions": "collisions", "tx.aborted_errors": "tx_aborted_errors", "tx.fifo_errors": "tx_fifo_errors",
		"tx.window_errors": "tx_window_errors", "tx.heartbeat_errors": "tx_heartbeat_errors",
	}
}

// compareIP compares all links with what the ip program says.
func compareIP(t *testing.T, c *Conn) {
	t.Helper()
	var shown []struct {
		Index   uint32 `json:"ifindex"`
		Name    string `json:"ifname"`
		MTU     uint32 `json:"mtu"`
		Queue   uint32 `json:"txqlen"`
		Qdisc   string `json:"qdisc"`
		State   string `json:"operstate"`
		Changes uint32 `json:"carrier_changes"`
		Info    struct {
			Kind string `json:"info_kind"`
		} `json:"linkinfo"`
		Stats map[string]map[string]uint64 `json:"stats64"`
	}
	parse(t, run(t, "ip", "-d", "-s", "-s", "-j", "link"), &shown)
	if len(shown) < 3 {
		t.Fatalf("%d links", len(shown))
	}
	compared := 0
	for _, s := range shown {
		l := link(t, c, s.Name)
		got := fmt.Sprint(l.Index, l.MTU, l.QueueLimit, l.Qdisc, l.Kind, strings.ToUpper(l.State.String()))
		if want := fmt.Sprint(s.Index, s.MTU, s.Queue, s.Qdisc, s.Info.Kind, s.State); got != want {
			t.Errorf("%s is %s, ip says %s", s.Name, got, want)
		}
		for direction, numbers := range s.Stats {
			for name, want := range numbers {
				ours, ok := ipStats()[direction+"."+name]
				if !ok {
					continue
				}
				compared++
				if got := value(t, l.Stats, ours); got != want {
					t.Errorf("%s: %s is %d, ip says %d", s.Name, ours, got, want)
				}
			}
		}
	}
	if compared < 12*len(shown) {
		t.Errorf("only %d numbers of %d links compared", compared, len(shown))
	}
}

// tcStats are the names that the tc program has for the common statistics.
func tcStats() map[string]string {
	return map[string]string{
		"bytes": "bytes", "packets": "packets", "drops": "dropped", "overlimits": "overlimits", "requeues": "requeues",
		"backlog": "backlog", "qlen": "qlen",
	}
}

// A shownQdisc is what the tc program says of a queueing discipline, as text for
// the settings and as numbers.
type shownQdisc struct {
	Kind, Handle, Parent, Dev string
	Root                      bool
	Numbers                   map[string]json.RawMessage
	Options                   map[string]json.RawMessage
}

func showQdiscs(t *testing.T, device string) []shownQdisc {
	t.Helper()
	var raw []map[string]json.RawMessage
	parse(t, run(t, "tc", "-s", "-j", "qdisc", "show", "dev", device, "invisible"), &raw)
	shown := make([]shownQdisc, len(raw))
	for i, r := range raw {
		s := &shown[i]
		s.Numbers = r
		for name, to := range map[string]any{
			"kind": &s.Kind, "handle": &s.Handle, "parent": &s.Parent, "root": &s.Root, "options": &s.Options,
		} {
			if text, ok := r[name]; ok {
				parse(t, string(text), to)
			}
		}
	}
	return shown
}

// compareTC compares the queueing disciplines of a device with what the tc
// program says.
func compareTC(t *testing.T, c *Conn, device string) {
	t.Helper()
	index := link(t, c, device).Index
	shown := showQdiscs(t, device)
	if len(shown) == 0 {
		t.Fatalf("tc shows nothing for %s", device)
	}
	for _, s := range shown {
		parent := Root
		if !s.Root {
			parent = parseHandle(t, s.Parent)
		}
		q := qdisc(t, c, index, parent)
		if q.Kind != s.Kind {
			t.Errorf("kind %s, tc says %s", q.Kind, s.Kind)
		}
		for theirs, ours := range tcStats() {
			if got, want := fmt.Sprint(value(t, q.Stats, ours)), string(s.Numbers[theirs]); got != want {
				t.Errorf("%s: %s is %s, tc says %s", q.Object(), ours, got, want)
			}
		}
	}
}

func parseHandle(t *testing.T, text string) Handle {
	t.Helper()
	major, minor, _ := strings.Cut(text, ":")
	var numbers [2]uint32
	for i, part := range []string{major, minor} {
		if part == "" {
			continue
		}
		if _, err := fmt.Sscanf(part, "%x", &numbers[i]); err != nil {
			t.Fatal(err)
		}
	}
	return Handle(numbers[0]<<16 | numbers[1])
}

func parse(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// Messages of links and classes, for testdata.
func TestRootCapture(t *testing.T) {
	c := dial(t, fresh(t))
	wire(t)
	lines(t, `
		ip link add bridge type bridge
		ip link set right master bridge
		tc qdisc add dev left root handle 1: htb default 10
		tc class add dev left parent 1: classid 1:10 htb rate 8kbit ceil 16kbit
		tc qdisc add dev left parent 1:10 handle 10: pfifo limit 3`)
	s := newSender(t, c, "left")
	s.send(10)
	left, right := link(t, c, "left"), link(t, c, "right")
	keep(t, "qdisc-htb", raw(t, c, left.Index, Root))
	for name, r := range map[string]struct {
		request, answer uint16
		index           uint32
		body            []byte
	}{
		"link-veth":       {unix.RTM_GETLINK, unix.RTM_NEWLINK, left.Index, make([]byte, unix.SizeofIfInfomsg)},
		"link-port":       {unix.RTM_GETLINK, unix.RTM_NEWLINK, right.Index, make([]byte, unix.SizeofIfInfomsg)},
		"class-htb":       {unix.RTM_GETTCLASS, unix.RTM_NEWTCLASS, left.Index, append(make([]byte, 4), append(nldump.Uint32(left.Index), make([]byte, 12)...)...)},
		"extended-bridge": {unix.RTM_GETSTATS, unix.RTM_NEWSTATS, right.Index, append(make([]byte, 8), nldump.Uint32(extendedStats)...)},
	} {
		found := 0
		err := c.dump.Ask(nldump.Request{Type: r.request, Body: r.body}, func(m nldump.Message) error {
			if m.Type == r.answer && len(m.Data) > 8 && binary.NativeEndian.Uint32(m.Data[4:]) == r.index {
				found++
				keep(t, name, m.Data)
			}
			return nil
		})
		if err != nil || found != 1 {
			t.Errorf("%s: %d messages, error %v", name, found, err)
		}
	}
}

// A bridge port has statistics of the spanning tree, and its links are told.
func TestRootLinks(t *testing.T) {
	netns := fresh(t)
	c := dial(t, netns)
	wire(t)
	lines(t, `
		ip link add bridge type bridge
		ip link set right master bridge
		ip link set bridge up
		ip link add near type veth peer name far`)
	left, right, bridge, near := link(t, c, "left"), link(t, c, "right"), link(t, c, "bridge"), link(t, c, "near")
	if left.Peer != right.Index || left.PeerElsewhere || right.Master != bridge.Index || right.PortKind != "bridge" || bridge.Kind != "bridge" {
		t.Errorf("left %+v\nright %+v\nbridge %+v", left, right, bridge)
	}
	if !left.Up() || !left.Carrier || left.State.String() != "up" || near.Up() {
		t.Errorf("left %+v", left)
	}
	extended, err := c.Extended()
	if err != nil {
		t.Fatal(err)
	}
	if len(extended) != 1 || extended[0].Index != right.Index || len(extended[0].Stats) < 6 {
		t.Errorf("extended statistics %+v of port %d", extended, right.Index)
	}
	if classes, err := c.Classes(4711); err != nil || len(classes) != 0 {
		t.Errorf("classes %v of no interface: %v", classes, err)
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := c.Links(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
}
