package scenario

import (
	"fmt"
	"net"
	"strings"
)

// interfaceIndex looks an interface up by name inside a node.
func (l *Lab) interfaceIndex(n Node, name string) (uint32, error) {
	var index uint32
	err := l.Do(n, func() error {
		found, err := net.InterfaceByName(name)
		if err != nil {
			return fmt.Errorf("find interface %s in node %s: %w", name, n, err)
		}
		index = uint32(found.Index)
		return nil
	})
	return index, err
}

// operational tells whether the kernel has found an interface usable, which it
// does a while after the interface was brought up.
func (l *Lab) operational(n Node, dev string) error {
	out, err := l.Run(n, "ip -o link show dev "+dev)
	if err == nil && !strings.Contains(out, "state UP") {
		err = fmt.Errorf("interface %s of node %s is not operational", dev, n)
	}
	return err
}

// unusable fails as long as the kernel has not found that an interface cannot
// be used.
func (l *Lab) unusable(n Node, dev string) error {
	out, err := l.Run(n, "ip -o link show dev "+dev)
	if err == nil && strings.Contains(out, "state UP") {
		err = fmt.Errorf("interface %s of node %s is still up", dev, n)
	}
	return err
}
