package counters

import (
	"fmt"

	"dropwatch/counters/sockstat"
)

// A socketKind is a kind of sockets that the kernel can list, or not, by itself.
type socketKind struct {
	source   string
	counter  string
	protocol sockstat.Protocol
	// all lists those without losses too, since they are few.
	all bool
}

func socketKinds() []socketKind {
	return []socketKind{
		{"udp", "socket.drops", sockstat.UDP, false},
		{"udplite", "socket.drops", sockstat.UDPLite, false},
		{"raw", "socket.drops", sockstat.Raw, false},
		{"tcp_listen", "socket.drops", sockstat.TCP, true},
		{"packet", "packet.drops", sockstat.Packet, true},
		{"netlink", "netlink.drops", sockstat.Netlink, false},
	}
}

// openSocket opens the list of one kind of sockets.
func openSocket(p *place, kind socketKind) (source, error) {
	conn, err := p.sockets()
	if err != nil {
		return nil, err
	}
	query := sockstat.Query{Protocols: kind.protocol, Dropped: !kind.all && !p.allSockets}
	return func(s *Sample) error {
		missing, err := conn.Sockets(query, func(socket *sockstat.Socket) { addSocket(s, kind, socket) })
		if err == nil && missing != 0 {
			return errAbsent
		}
		return err
	}, nil
}

func addSocket(s *Sample, kind socketKind, socket *sockstat.Socket) {
	scope := Scope{NetNS: s.NetNS, Object: socket.String()}
	if socket.Inode == 0 {
		// The kernel's own may be alike but for this.
		scope.Object = fmt.Sprintf("%s cookie %d", scope.Object, socket.Cookie)
	}
	s.Sockets = append(s.Sockets, Socket{scope, *socket})
	if socket.DropsKnown {
		s.Counters = append(s.Counters, Counter{Name: kind.counter, Scope: scope, Value: uint64(socket.Drops), Bits: 32})
	}
}
