package console

import (
	"fmt"
	"strings"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// watches tells whether drops are being watched with a source of this name, or
// with it and another.
func (c *console) watches(source string) bool {
	return c.watch != nil && !c.watch.ended() && strings.Contains(c.watch.session.Source(), source)
}

// showMonitor prints what the kernel's own monitor is set to: it has one state
// for the whole host, so that may differ from what holds here.
func (c *console) showMonitor(s *shell.Session) error {
	m, err := c.monitor()
	if err != nil {
		s.Printf("Kernel monitor: %v\n", err)
		return nil
	}
	activity, err := c.activity(m.Activity)
	if err != nil {
		return err
	}
	s.Printf("Kernel monitor: %s\nKernel monitor settings: %s\n", activity, monitorSettings(m))
	return nil
}

// activity tells whom the monitor is on for. The kernel tells only that it is.
func (c *console) activity(a dropmon.Activity) (string, error) {
	switch {
	case a == dropmon.ActivityUnknown:
		return "unknown, CAP_NET_ADMIN is needed to ask", nil
	case a == dropmon.ActivityIdle:
		return "idle", nil
	case !c.watches("netdm"):
		return "on for another program", nil
	}
	passive := false
	err := c.watch.with(func(s *session.Session) error {
		passive = s.ListensOnly()
		return nil
	})
	if passive {
		return "on for another program, we listen", err
	}
	return "on for us", err
}

func monitorSettings(m dropmon.MonitorState) string {
	mode := "summary"
	if m.Packets {
		mode = "packet"
	}
	truncate := "none"
	if m.Truncate > 0 {
		truncate = fmt.Sprintf("%d bytes", m.Truncate)
	}
	return fmt.Sprintf("mode %s, truncation %s, queue %d packets", mode, truncate, m.Queue)
}
