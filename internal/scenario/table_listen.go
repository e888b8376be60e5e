package scenario

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The clients of these scenarios are forged: their network lies behind B's
// tap, where B's answers end. No kernel there refuses the answers.

func listenScenarios(f family) []Scenario {
	return []Scenario{
		synOverflow(f),
		synQueueFull(f, "syn_backlog_full", 1024, 4, []Counter{
			{Node: B, Name: "TcpExt.ListenDrops", Delta: count - 4},
		}),
		// kernels differ by one in when that queue is full
		synQueueFull(f, "syn_queue_full", 4, 4096, []Counter{
			{Node: B, Name: "TcpExt.TCPReqQFullDrop", Delta: count - 5, AtLeast: true},
			{Node: B, Name: "TcpExt.ListenDrops", Same: "TcpExt.TCPReqQFullDrop"},
		}),
		finalAckOverflow(f),
	}
}

// clientPorts are the ports of the forged clients.
func clientPorts() []uint16 {
	ports := make([]uint16, count)
	for i := range ports {
		ports[i] = clientPort + uint16(i)
	}
	return ports
}

// forgedFrames makes one segment for each client; fill may change it.
func forgedFrames(f family, fill func(*tcpHeader)) [][]byte {
	var frames [][]byte
	for _, port := range clientPorts() {
		t := tcpHeader{source: port, destination: openPort, seq: 1000}
		fill(&t)
		frames = append(frames, f.tcpFrame(ipHeader{source: f.nowhere()}, t, 0))
	}
	return frames
}

func syns(f family) [][]byte {
	return forgedFrames(f, func(t *tcpHeader) { t.flags = tcpSYN })
}

// forgedNet routes the network of the forged clients to a tap of B.
func (l *Lab) forgedNet(f family) (*os.File, error) {
	return l.tap(B, addRoute(route{to: f.nowhereNet(), dev: tapName}), pinNeighbour(f.nowhere(), nobody(), tapName))
}

func synOverflow(f family) Scenario {
	return Scenario{
		Name:  f.prefix + "syn_overflow",
		Needs: f.needs(TunTap),
		Setup: func(l *Lab) error {
			if _, err := l.forgedNet(f); err != nil {
				return err
			}
			if _, err := l.listen(f, 0); err != nil {
				return err
			}
			_, err := l.dial(f) // one fits into a queue of length 0
			return err
		},
		Send: func(l *Lab) error { return l.injectAll("ab", syns(f)) },
		// the kernel frees these as if they had been used
		Counters: []Counter{
			{Node: B, Name: "TcpExt.ListenOverflows", Delta: count},
			{Node: B, Name: "TcpExt.ListenDrops", Delta: count},
		},
	}
}

// synQueueFull has a few connections in the making before the kernel refuses
// more, because of one limit or the other.
func synQueueFull(f family, name string, backlog, synBacklog int, counters []Counter) Scenario {
	return Scenario{
		Name:  f.prefix + name,
		Needs: f.needs(TunTap),
		Setup: func(l *Lab) error {
			if _, err := l.forgedNet(f); err != nil {
				return err
			}
			if err := l.set(B, "net/ipv4/tcp_syncookies=0",
				fmt.Sprintf("net/ipv4/tcp_max_syn_backlog=%d", synBacklog)); err != nil {
				return err
			}
			_, err := l.listen(f, backlog)
			return err
		},
		Send:     func(l *Lab) error { return l.injectAll("ab", syns(f)) },
		Counters: counters,
	}
}

// finalAckOverflow lets the accept queue fill after the SYNs were answered.
func finalAckOverflow(f family) Scenario {
	var answers map[uint16]uint32
	return Scenario{
		Name:  f.prefix + "final_ack_overflow",
		Needs: f.needs(TunTap),
		Setup: func(l *Lab) error {
			var err error
			answers, err = l.halfOpen(f)
			return err
		},
		Send: func(l *Lab) error {
			return l.injectAll("ab", forgedFrames(f, func(t *tcpHeader) {
				t.flags, t.seq, t.ack = tcpACK, t.seq+1, answers[t.source]+1
			}))
		},
		Want: []Want{f.atB("TCP_LISTEN_OVERFLOW", unix.IPPROTO_TCP, tcpReceive(f)).older(unspecified)},
		Counters: []Counter{
			{Node: B, Name: "TcpExt.ListenOverflows", Delta: count},
			{Node: B, Name: "TcpExt.ListenDrops", Delta: count},
		},
	}
}

// halfOpen has SYNs of all clients answered and then fills the accept queue.
func (l *Lab) halfOpen(f family) (map[uint16]uint32, error) {
	file, err := l.forgedNet(f)
	if err != nil {
		return nil, err
	}
	if err := l.set(B, "net/ipv4/tcp_syncookies=0", "net/ipv4/tcp_max_syn_backlog=4096"); err != nil {
		return nil, err
	}
	listener, err := l.listen(f, 1024)
	if err != nil {
		return nil, err
	}
	if err := l.injectAll("ab", syns(f)); err != nil {
		return nil, err
	}
	answers, err := readAnswers(file, clientPorts())
	if err != nil {
		return nil, err
	}
	if _, err := l.dial(f); err != nil {
		return nil, err
	}
	return answers, unix.Listen(listener, 0)
}
