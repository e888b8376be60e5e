package peer

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/memberlist"
)

// UseKeys changes the keys without an interruption. The first is used for
// sending from now on. What still comes with a key that went is refused, and counted
// apart as long as it is among the last 16 that went.
func (n *Node) UseKeys(keys [][]byte) error {
	n.rotation.Lock()
	defer n.rotation.Unlock()
	if n.ring == nil || len(keys) == 0 {
		return errors.New("change keys: a cluster begins with keys or does without them; restart to change that")
	}
	next, err := newOpener(keys)
	if err != nil {
		return fmt.Errorf("change keys: %w", err)
	}
	if err := install(n.ring, next.current); err != nil {
		return fmt.Errorf("change keys: %w", err)
	}
	if n.front != nil {
		next.after(n.front.opener.Load())
		n.front.opener.Store(next)
	}
	if err := trim(n.ring, len(next.current)); err != nil {
		return fmt.Errorf("change keys: %w", err)
	}
	return nil
}

// install makes the keys the first of the ring, in their order.
func install(ring *memberlist.Keyring, keys []sealer) error {
	for _, s := range keys {
		if err := ring.AddKey(s.key); err != nil {
			return err
		}
	}
	if err := ring.UseKey(keys[0].key); err != nil {
		return err
	}
	same := func(key []byte, s sealer) bool { return bytes.Equal(key, s.key) }
	if slices.EqualFunc(ring.GetKeys()[:len(keys)], keys, same) {
		return nil
	}
	// Each that is used comes to the front. For a moment the host sends with
	// another one of those that all know.
	for _, s := range slices.Backward(keys) {
		if err := ring.UseKey(s.key); err != nil {
			return err
		}
	}
	return nil
}

// trim removes the keys after the first ones, the last always: the engine reads the
// list meanwhile, and the removal of another one moves those behind it.
func trim(ring *memberlist.Keyring, first int) error {
	all := ring.GetKeys()
	for len(all) > first {
		if err := ring.RemoveKey(all[len(all)-1]); err != nil {
			return err
		}
		all = ring.GetKeys()
	}
	return nil
}
