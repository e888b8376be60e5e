package peer

import (
	"errors"
	"fmt"

	"github.com/hashicorp/memberlist"
)

// Send sends packets to every collector but itself, and returns the errors of
// those that could not be sent. That nobody is there is no error: datagrams.
func (n *Node) Send(packets [][]byte) error {
	var errs []error
	for _, to := range n.targets() {
		for _, p := range packets {
			if err := n.list.SendToAddress(memberlist.Address{Addr: to.address, Name: to.name}, p); err != nil {
				errs = append(errs, fmt.Errorf("send to %s: %w", to.address, err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// A target is where a record goes to.
type target struct{ address, name string }

func (n *Node) targets() []target {
	var list []target
	seen := make(map[string]bool)
	for _, m := range n.members.all() {
		if address := m.Address.String(); m.Collector && m.Name != n.config.Name {
			seen[address] = true
			list = append(list, target{address, m.Name})
		}
	}
	for _, address := range n.config.Collectors {
		if !seen[address] {
			list = append(list, target{address: address})
		}
	}
	return list
}

// maxMessage leaves room for what the engine adds.
const maxMessage = maxStream - 4096

// SendReliable sends a message of at most 8 MiB less 4 KiB to the member of that
// name, over a connection of its own. It blocks until the kernel has taken all of it,
// for at most about ten seconds. No error does not mean that it was read: a member
// that wants to tell answers. There is an error if no member of that name is alive,
// as always at a mute host.
func (n *Node) SendReliable(name string, message []byte) error {
	if len(message) > maxMessage {
		return fmt.Errorf("send to member %s: %d bytes, at most %d may be sent", name, len(message), maxMessage)
	}
	m, ok := n.members.named(name)
	if !ok || n.config.Mute {
		return fmt.Errorf("send to member %s: none of that name is alive", name)
	}
	to := &memberlist.Node{Name: m.Name, Addr: m.Address.Addr().AsSlice(), Port: m.Address.Port()}
	if err := n.list.SendReliable(to, message); err != nil {
		return fmt.Errorf("send to member %s: %w", name, err)
	}
	return nil
}
