package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"dropwatch/internal/agent"
	"dropwatch/internal/cluster"
	"dropwatch/internal/peer"
	"dropwatch/internal/peer/record"
)

// A sealer makes the datagrams that a host with some keys would send.
type sealer struct {
	node *peer.Node
	sent [][]byte
}

func newSealer(t *testing.T, keys ...[]byte) *sealer {
	t.Helper()
	s := new(sealer)
	var err error
	s.node, err = peer.Start(peer.Config{Name: "sealer", Mute: true, Collectors: []string{"10.77.0.1:1513"}, Keys: keys, Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.node.Close() })
	return s
}

func (s *sealer) seal(t *testing.T, payload []byte) []byte {
	t.Helper()
	s.sent = nil
	if err := s.node.Send([][]byte{payload}); err != nil || len(s.sent) != 1 {
		t.Fatalf("%d packets, %v", len(s.sent), err)
	}
	return s.sent[0]
}

// A sealer is the transport of its node.

func (s *sealer) WriteTo(b []byte, _ string) (time.Time, error) {
	s.sent = append(s.sent, bytes.Clone(b))
	return time.Now(), nil
}
func (s *sealer) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return net.IPv4(10, 77, 0, 99), 1, nil
}
func (s *sealer) PacketCh() <-chan *memberlist.Packet { return nil }
func (s *sealer) StreamCh() <-chan net.Conn           { return nil }
func (s *sealer) Shutdown() error                     { return nil }
func (s *sealer) DialTimeout(string, time.Duration) (net.Conn, error) {
	return nil, errors.New("no streams")
}

// A stranger is somebody who has a host key.
type stranger struct {
	key      ed25519.PrivateKey
	sequence uint64
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &stranger{key: key}
}

// record is one of a host of that name, for now.
func (s *stranger) record(t *testing.T, name string) []byte {
	t.Helper()
	s.sequence++
	r := &record.Report{Host: &record.Host{Name: name, Interval: 1, Role: "mute"}}
	packets, err := record.Encode(r, record.Header{Epoch: 1, Sequence: s.sequence, Time: time.Now()}, s.key)
	if err != nil {
		t.Fatal(err)
	}
	return packets[0]
}

// An attack is a kind of hostile packet and where it must be counted.
type attack struct {
	name    string
	counted func(*agent.PeerStatus) uint64
	packets [][]byte
}

func inPackets(name string) func(*agent.PeerStatus) uint64 {
	return func(p *agent.PeerStatus) uint64 { return p.Packets[name] }
}

func inRecords(name string) func(*agent.PeerStatus) uint64 {
	return func(p *agent.PeerStatus) uint64 { return p.Records[name] }
}

// attacks are all that the issue names. The keys are the one in use, and one that
// was removed.
func attacks(t *testing.T, key, old []byte) []attack {
	t.Helper()
	member, former, other := newSealer(t, key), newSealer(t, old), newSealer(t, peer.NewKey())
	known := newStranger(t)
	replayed := member.seal(t, known.record(t, "guest"))
	forged := known.record(t, "guest")
	forged[len(forged)-1] ^= 1
	noise := make([]byte, 900)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	enormous := member.seal(t, bytes.Repeat([]byte("x"), 60000))
	labelled := append([]byte{244, 9}, "dropwatch"...)
	outsider := newStranger(t)
	return []attack{
		{"guest", inRecords("taken"), [][]byte{replayed}}, // once, to be replayed
		{"replayed", inRecords("replayed"), [][]byte{replayed}},
		{"forged", inRecords("forged"), [][]byte{member.seal(t, forged)}},
		{"random", inPackets("label"), [][]byte{noise}},
		{"random with the right label", inPackets("not_opened"), [][]byte{append(labelled, noise...)}},
		{"truncated", inPackets("not_opened"), [][]byte{replayed[:len(replayed)/2], replayed[:len(replayed)-1]}},
		{"truncated in the head", inPackets("label"), [][]byte{replayed[:7]}},
		{"oversized", inPackets("too_long"), [][]byte{bytes.Repeat(noise, 60)}},
		{"wrong key", inPackets("not_opened"), [][]byte{other.seal(t, outsider.record(t, "outsider"))}},
		{"old key", inPackets("old_key"), [][]byte{former.seal(t, outsider.record(t, "outsider"))}},
		{"member with a false name", inRecords("name_taken"), [][]byte{member.seal(t, newStranger(t).record(t, "h1"))}},
		{"member with an enormous record", inPackets("too_long"), [][]byte{enormous}},
		{"member with no record", inRecords("not_record"), [][]byte{member.seal(t, bytes.Repeat([]byte("y"), 400))}},
	}
}

// sendAll sends packets from addresses of a lab in a random order, at a pace,
// and returns how many went out.
func sendAll(t *testing.T, l *lab, sources []string, packets [][]byte, count, perSecond int) (sent int, took time.Duration) {
	t.Helper()
	l.do(t, func() error {
		var sockets []net.Conn
		for _, source := range sources {
			d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(source)}}
			c, err := d.Dial("udp", "10.77.0.1:1513")
			if err != nil {
				return err
			}
			defer c.Close()
			sockets = append(sockets, c)
		}
		r := mathrand.New(mathrand.NewPCG(6, 6))
		start := time.Now()
		for i := range count {
			if i%100 == 0 {
				time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
			}
			if _, err := sockets[i%len(sockets)].Write(packets[r.IntN(len(packets))]); err == nil {
				sent++
			}
		}
		took = time.Since(start)
		return nil
	})
	return sent, took
}

// memory is what a process has had resident at most, in bytes.
func (c *child) memory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// TestRootHostile: fifty thousand hostile packets a second change nothing, and
// each of their kinds is counted; a host that is well-behaved is still heard.
func TestRootHostile(t *testing.T) {
	needRoot(t)
	const perSecond, seconds = 50000, 5
	p := plan{agents: 3, interval: "1s", role: collectors(1)}
	w := newTown(t, p)
	eventually(t, "the hosts", func() bool { return w.known(t, 0, 3) })
	w.agents[2].signal(t, syscall.SIGTERM) // the third lab is the attacker's
	w.agents[2].wait(t, 0)
	old, key := w.rotate(t)

	attacker := w.labs[2]
	command(t, "ip", "-n", attacker.name, "addr", "add", "10.99.0.1/24", "dev", "eth0")
	command(t, "ip", "-n", w.labs[0].name, "addr", "add", "10.99.0.2/24", "dev", "eth0")
	sources := []string{"10.77.0.3"}
	for i := 10; i < 30; i++ {
		address := fmt.Sprintf("10.77.0.%d", i)
		command(t, "ip", "-n", attacker.name, "addr", "add", address+"/24", "dev", "eth0")
		sources = append(sources, address)
	}
	var all [][]byte
	list := attacks(t, key, old)
	status := func() *agent.PeerStatus { return w.status(t, 0).Peers }
	for i, a := range list { // one kind after the other, so that each is known to be counted
		before := a.counted(status())
		sent, _ := sendAll(t, attacker, []string{sources[i%len(sources)]}, a.packets, 3*len(a.packets), 1000)
		want := uint64(sent)
		if a.name == "guest" {
			want = 1 // the others are replays
		}
		eventually(t, a.name+" to be counted", func() bool { return a.counted(status()) >= before+want })
		if got := a.counted(status()) - before; got != want && a.name != "guest" {
			t.Errorf("%s: %d sent, %d counted", a.name, sent, got)
		}
		for _, packet := range a.packets { // those that are cut into many cannot be sent as fast
			all = append(all, packet[:min(len(packet), 3000)])
		}
	}
	outside := inRecords("network")(status())
	sendAll(t, attacker, []string{"10.99.0.1"}, list[0].packets, 50, 1000)
	eventually(t, "packets of another network to be counted", func() bool { return inRecords("network")(status()) == outside+50 })

	before := w.files(t)
	first := status()
	sent, took := sendAll(t, attacker, sources, all, perSecond*seconds, perSecond)
	t.Logf("%d hostile packets in %v, %.0f a second", sent, took.Round(time.Millisecond), float64(sent)/took.Seconds())
	heard := time.Now()
	eventually(t, "a well-behaved host to be heard again", func() bool { return w.heard(t, 0, "h1").After(heard) })
	last := status()
	t.Logf("packets: %v\nrecords: %v", difference(last.Packets, first.Packets), difference(last.Records, first.Records))
	if got := counted(last) - counted(first); got < uint64(sent) {
		t.Errorf("%d hostile packets and those of a good host, but %d counted", sent, got)
	}
	if after := w.files(t); after != before {
		t.Errorf("known hosts were %s, and are %s", before, after)
	}
	if used := w.agents[0].memory(t); used > 100<<20 {
		t.Errorf("%d bytes resident", used)
	} else {
		t.Logf("%d KiB resident at most", used>>10)
	}
	if text := w.agents[0].err.String(); strings.Count(text, "\n") > 20 {
		t.Errorf("the log is flooded:\n%s", text)
	}
	w.agents[0].signal(t, syscall.SIGTERM)
	w.agents[0].wait(t, 0)
}

// rotate brings a new key into use on all agents and removes the old one.
func (w *town) rotate(t *testing.T) (old, key []byte) {
	t.Helper()
	keys, err := peer.LoadKeys(w.key())
	if err != nil {
		t.Fatal(err)
	}
	old, key = keys[0], peer.NewKey()
	for _, keys := range [][][]byte{{old, key}, {key, old}, {key}} {
		if err := peer.SaveKeys(w.key(), keys); err != nil {
			t.Fatal(err)
		}
		told := fmt.Sprintf("%d keys, %s is for sending", len(keys), peer.KeyID(keys[0]))
		for i, a := range w.agents {
			if !a.ended() {
				a.until(t, fmt.Sprintf("agent %d to use the keys", i), func() bool { return strings.Contains(a.err.String(), told) })
			}
		}
	}
	return old, key
}

// status is how an agent is doing.
func (w *town) status(t *testing.T, i int) *agent.Status {
	t.Helper()
	return seeAt[*agent.Status](t, w, i, "agent", "status")
}

// files are the peers that the first agent keeps, without their reports.
func (w *town) files(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(w.path("peers", 0), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, h := range see[cluster.View](t, w, "cluster", "hosts").Hosts {
		hosts = append(hosts, fmt.Sprintf("%s %s", h.Name, h.ID))
	}
	return fmt.Sprintf("%d files: %v", len(names), hosts)
}

// counted adds up what became of packets, each of which is in one of the numbers.
func counted(p *agent.PeerStatus) (n uint64) {
	for name, count := range p.Packets {
		if !strings.HasPrefix(name, "streams_") {
			n += count
		}
	}
	return n
}

// difference leaves out what is zero.
func difference(after, before map[string]uint64) map[string]uint64 {
	d := make(map[string]uint64)
	for name, n := range after {
		if n != before[name] {
			d[name] = n - before[name]
		}
	}
	return d
}

// ended tells whether the child has.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
