package scenario

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// unixScenarios are buffers that are no packets of any network, which a
// monitor must be able to tell from drops.
func unixScenarios() []Scenario {
	const messages = 20
	pair := [2]int{-1, -1}
	return []Scenario{{
		Name: "unix_close_unread",
		Setup: func(l *Lab) error {
			return l.Do(B, func() error {
				var err error
				if pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0); err != nil {
					return fmt.Errorf("open socket pair: %w", err)
				}
				l.onClose(func() error { return unix.Close(pair[0]) })
				for range messages {
					if _, err := unix.Write(pair[0], []byte("unread")); err != nil {
						return fmt.Errorf("write message: %w", err)
					}
				}
				return nil
			})
		},
		Send: func(l *Lab) error {
			return l.Do(B, func() error { return unix.Close(pair[1]) })
		},
		Want: []Want{{
			Reason: "SOCKET_CLOSE", Older: []string{unspecified}, Symbols: []string{"unix_release_sock"},
			Node: B, Packets: messages, Headless: true,
		}},
	}}
}
