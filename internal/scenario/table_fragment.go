package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// pieces are the fragments of one datagram to a closed port, as frames.
func pieces(f family, id uint16) [][]byte {
	h := f.addressed(ipHeader{protocol: unix.IPPROTO_UDP, id: id})
	u := udpHeader{source: clientPort, destination: closedPort}
	var frames [][]byte
	for _, packet := range h.fragments(u.segment(h.source, h.destination, make([]byte, 1200)), 480) {
		frames = append(frames, ethernet(endOf("ba").mac, endOf("ab").mac, f.ether, packet))
	}
	return frames
}

func fragmentScenarios(f family) []Scenario {
	const datagrams = 50
	return []Scenario{
		{
			// a datagram of three fragments is one drop, at the true place;
			// the buffers of the other two are released with it
			Name:  f.prefix + "fragments_udp_closed",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				var frames [][]byte
				for id := range uint16(datagrams) {
					frames = append(frames, pieces(f, id+1)...)
				}
				return l.injectAll("ab", frames)
			},
			Want: []Want{
				f.atB("NO_SOCKET", unix.IPPROTO_UDP, udpReceive(f)...).times(datagrams),
				releasedFragments(f, 2*datagrams),
			},
			Counters: []Counter{
				{Node: B, Name: f.counter("Udp", "NoPorts"), Delta: datagrams},
				{Node: B, Name: f.counter("Ip", "ReasmOKs"), Delta: datagrams},
			},
		},
		{
			Name:  f.prefix + "fragment_timeout",
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				return l.set(B, pick(f, "net/ipv4/ipfrag_time=1", "net/ipv6/ip6frag_time=1"))
			},
			Send: func(l *Lab) error {
				var frames [][]byte
				for id := range uint16(datagrams) {
					// the last piece, so that nobody is told
					frames = append(frames, pieces(f, id+1)[2])
				}
				return l.injectAll("ab", frames)
			},
			Want: []Want{f.atB("FRAG_REASM_TIMEOUT", unix.IPPROTO_UDP, "inet_frag_rbtree_purge", "inet_frag_destroy", "ip_expire").
				times(datagrams).older(unspecified).at(Unattributed, "")},
			Counters: []Counter{
				{Node: B, Name: f.counter("Ip", "ReasmTimeout"), Delta: datagrams},
				{Node: B, Name: f.counter("Ip", "ReasmFails"), Delta: datagrams},
			},
		},
		fragmentTwice(f),
	}
}

// releasedFragments are the buffers of fragments that were dropped together
// with the first one. They are no drops of their own. Waiting fragments have
// left their device, so that a source may not know where they belong.
func releasedFragments(f family, n uint64) Want {
	return f.atB(unspecified, unix.IPPROTO_UDP, "skb_release_data").at(Unattributed, "").times(n)
}

// fragmentTwice sends a first fragment two times. There must be less than 64
// fragments of others between those of a datagram, or IPv4 gives it up.
func fragmentTwice(f family) Scenario {
	const datagrams uint16 = 25
	return Scenario{
		Name:  f.prefix + "fragment_twice",
		Needs: f.needs(),
		Send: func(l *Lab) error {
			var frames [][]byte
			for id := range datagrams {
				first := pieces(f, id+1)[0]
				frames = append(frames, first, first)
			}
			l.onClose(func() error { return l.completeFragments(f, datagrams) })
			return l.injectAll("ab", frames)
		},
		Want: []Want{f.atB("DUP_FRAG", unix.IPPROTO_UDP, "ip_defrag", "ip_frag_queue", "ip_local_deliver", "ip6_frag_queue", "ipv6_frag_rcv").
			times(uint64(datagrams)).older(unspecified)},
	}
}

// completeFragments sends what is missing after the first fragments, and reads
// the datagrams. Else they would be dropped a while after the lab is gone.
func (l *Lab) completeFragments(f family, datagrams uint16) error {
	fd, err := l.udpSocket(B, netip.AddrPortFrom(addressB(f), closedPort))
	if err != nil {
		return err
	}
	var read uint64
	for id := range datagrams {
		if err := l.injectAll("ab", pieces(f, id+1)[1:]); err != nil {
			return err
		}
		n, err := drain(fd)
		if err != nil {
			return err
		}
		read += n
	}
	if read != uint64(datagrams) {
		return fmt.Errorf("%d of %d datagrams became complete", read, datagrams)
	}
	return nil
}
