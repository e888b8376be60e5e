package session

import (
	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// Host names the host and its kernel.
func (s *Session) Host() (name, kernel string) { return s.host, s.kernel }

// Tells is what the source can tell drops apart by.
func (s *Session) Tells() dropmon.By { return s.source.Tells() }

// Fragments is how many buffers so far were freed together with the packet that
// they belong to. They are neither delivered nor counted.
func (s *Session) Fragments() uint64 { return s.fragments }

// Missed is what the source could not deliver since Open.
func (s *Session) Missed() (report.Missed, error) {
	stats, err := s.source.Stats()
	return missedOf(stats), err
}

func missedOf(stats dropmon.Stats) report.Missed {
	return report.Missed{
		Events: stats.Unseen, Packets: stats.PacketsLost,
		Limited: stats.PacketsLimited, Unkeyed: stats.Unkeyed, AtLeast: stats.AtLeast,
	}
}
