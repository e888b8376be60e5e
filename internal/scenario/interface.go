package scenario

import "fmt"

// Interfaces that scenarios add to nodes, and the one that is always there.
const (
	loopback   = "lo"
	bridgeName = "br0"
	tapName    = "tap"
)

// interfaces are the indexes of all interfaces that a node can have. They are
// chosen, so that nobody must look them up.
func interfaces() map[string]uint32 {
	indexes := map[string]uint32{loopback: 1, bridgeName: 80, tapName: 90}
	for _, e := range ends() {
		indexes[e.name] = e.index
	}
	return indexes
}

func indexOf(name string) uint32 {
	index, ok := interfaces()[name]
	if !ok {
		panic("scenario: no interface " + name)
	}
	return index
}

// operational fails as long as the kernel has not found an interface usable,
// which it does a while after the interface was brought up.
func operational(dev string) error {
	state, err := readLink(dev)
	if err == nil && !state.operational {
		err = fmt.Errorf("interface %s is not operational", dev)
	}
	return err
}

// unusable fails as long as the kernel has not found that an interface cannot
// be used.
func unusable(dev string) error {
	state, err := readLink(dev)
	if err == nil && state.operational {
		err = fmt.Errorf("interface %s is still up", dev)
	}
	return err
}
