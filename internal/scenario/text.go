package scenario

import (
	"fmt"
	"strings"
)

func (o Observed) text(scene Scene) string {
	node := scene.node(o.NetNS)
	name := ""
	for known, index := range scene.Interfaces[node] {
		if index == o.Interface {
			name = known
		}
	}
	return fmt.Sprintf("%d packets in %d buffers: %s at %s, node %q interface %d %q, protocol %#04x transport %d",
		o.Packets, o.Buffers, o.Reason, o.Symbol, node, o.Interface, name, o.Protocol, o.Transport)
}

func (w Want) text() string {
	return fmt.Sprintf("%s at %s, node %q interface %q, protocol %#04x transport %d",
		w.Reason, strings.Join(w.Symbols, " or "), w.Node, w.Interface, w.Protocol, w.Transport)
}
