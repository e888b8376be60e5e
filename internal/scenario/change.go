package scenario

import (
	"fmt"
	"strings"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A change is one thing that the kernel shall do about the interfaces,
// addresses, neighbours and routes of a node.
type change struct {
	text       string // for errors
	kind       netlink.HeaderType
	flags      netlink.HeaderFlags
	header     []byte // what the message begins with
	attributes func(*netlink.AttributeEncoder) error
}

// configure makes changes in a node that last, one after another.
func (l *Lab) configure(n Node, changes ...change) error {
	l.changed = true
	return l.change(n, changes...)
}

// change makes changes that go with what is closed by Close.
func (l *Lab) change(n Node, changes ...change) error {
	err := l.Do(n, func() error { return makeChanges(changes) })
	if err != nil {
		return fmt.Errorf("node %s: %w", n, err)
	}
	return nil
}

func makeChanges(changes []change) error {
	var requests []netlink.Message
	for _, c := range changes {
		attributes, err := encode(c.attributes)
		if err != nil {
			return fmt.Errorf("%s: %w", c.text, err)
		}
		requests = append(requests, netlink.Message{
			Header: netlink.Header{Type: c.kind, Flags: c.flags},
			Data:   append(c.header, attributes...),
		})
	}
	_, failed, err := talk(unix.NETLINK_ROUTE, requests)
	if err != nil && failed < len(changes) {
		return fmt.Errorf("%s: %w", changes[failed].text, err)
	}
	return err
}

func encode(fill func(*netlink.AttributeEncoder) error) ([]byte, error) {
	encoder := netlink.NewAttributeEncoder()
	if err := fill(encoder); err != nil {
		return nil, err
	}
	return encoder.Encode()
}

// words joins what an error tells of a change.
func words(parts ...any) string { return strings.TrimSuffix(fmt.Sprintln(parts...), "\n") }
