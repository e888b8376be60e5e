package session

import (
	"errors"

	"dropwatch/internal/meter"
	"dropwatch/internal/report"
)

// Counters reads the counters of the namespaces that are watched and tells what
// they did since Open, or what they were at Stop. It fails if the session does
// not read them: see Config.Counters.
func (s *Session) Counters(view meter.View) (*report.Counters, error) {
	if s.meter == nil {
		return nil, errors.New("counters were not read from the beginning of this watch")
	}
	if s.ended.IsZero() {
		s.meter.Sample()
	}
	return s.meter.Document(view), nil
}
