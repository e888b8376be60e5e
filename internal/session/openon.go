package session

import (
	"dropwatch/dropmon"
	"dropwatch/symbols"
)

// OpenOn opens a session on a source that the caller has made, with symbols
// that need not be those of this kernel. Config.Source is not used. The session
// closes the source.
func OpenOn(source dropmon.Source, names *symbols.Resolver, config Config) (*Session, error) {
	config.open = func(dropmon.Config) (dropmon.Source, error) { return source, nil }
	s, err := Open(config)
	if err != nil {
		return nil, err
	}
	s.namer.symbols = names
	return s, nil
}

// ListensOnly tells whether the session listens to the kernel's drop monitor
// which somebody else has switched on.
func (s *Session) ListensOnly() bool { return dropmon.ListensOnly(s.source) }
