package netdm

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Saved decodes netlink messages that were recorded, in the byte order of this
// host. The number of the family differs from boot to boot, so the controller's
// description of it must come first: see Client.FamilyMessage.
type Saved struct {
	family uint16 // 0 until it is known
	alert  Alert
}

// Known tells whether the family has been described.
func (s *Saved) Known() bool { return s.family != 0 }

// Decode reads a whole message. It returns nil for what is no alert of the drop
// monitor. The alert refers to the message, and is valid until the next call.
func (s *Saved) Decode(message []byte) (*Alert, error) {
	if len(message) >= messageHeader+genericHeader && binary.NativeEndian.Uint16(message[4:]) == unix.GENL_ID_CTRL {
		return nil, s.learn(message[messageHeader+genericHeader:])
	}
	if !s.Known() {
		return nil, nil
	}
	_, is, err := s.alert.decode(s.family, message)
	if !is || err != nil {
		return nil, err
	}
	return &s.alert, nil
}

// learn reads the description of a family, if it is that of the monitor.
func (s *Saved) learn(body []byte) error {
	walk := attributes{rest: body}
	var id uint16
	var name []byte
	for walk.next() {
		switch walk.typ {
		case unix.CTRL_ATTR_FAMILY_ID:
			id = walk.uint16("CTRL_ATTR_FAMILY_ID")
		case unix.CTRL_ATTR_FAMILY_NAME:
			name = walk.text()
		}
	}
	if walk.err != nil {
		return fmt.Errorf("decode family: %w", walk.err)
	}
	if string(name) == familyName {
		s.family = id
	}
	return nil
}
