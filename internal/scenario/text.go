package scenario

import (
	"fmt"
	"strings"
)

// text describes a row in the words of the trials, as far as it is theirs.
func (o Observed) text(trials []Trial) string {
	var node Node
	name := ""
	for _, t := range trials {
		if n := t.Scene.node(o.NetNS); n != "" {
			node = n
		}
		for known, index := range t.Scene.Interfaces {
			if index == o.Interface {
				name = known
			}
		}
	}
	return fmt.Sprintf("%d packets in %d buffers: %s at %s, node %q interface %d %q, protocol %#04x transport %d",
		o.Packets, o.Buffers, o.Reason, o.Symbol, node, o.Interface, name, o.Protocol, o.Transport)
}

func (w Want) text() string {
	return fmt.Sprintf("%s at %s, node %q interface %q, protocol %#04x transport %d",
		w.Reason, strings.Join(w.Symbols, " or "), w.Node, w.Interface, w.Protocol, w.Transport)
}
