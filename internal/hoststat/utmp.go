package hoststat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A utmpLayout is a form of struct utmp. Up to the session number all forms are
// the same. C libraries for x86, POWER, s390 and most others keep 32-bit times
// for compatibility; those for 64-bit ARM never had to.
type utmpLayout struct {
	size  int
	times int // where the time is
	wide  bool
}

func utmpLayouts() [2]utmpLayout {
	return [...]utmpLayout{{size: 384, times: 340}, {size: 400, times: 344, wide: true}}
}

// Where the fields of struct utmp are.
const (
	utmpPID  = 4
	utmpLine = 8
	utmpUser = 44
	utmpHost = 76

	utmpUserProcess = 7 // somebody is logged in
	utmpLastType    = 9
)

var errUTMP = errors.New("/run/utmp has no known form")

// utmp reads /run/utmp.
func (r *Reader) utmp() (sessions []session, more int, err error) {
	text, err := r.file.read(r.config.Root + "/run/utmp")
	if err != nil && !errors.Is(err, errTooLong) {
		return nil, 0, err
	}
	return parseUTMP(text, r.config.MaxUsers, r.host.alive)
}

// parseUTMP finds the users in the records of utmp. Entries that a crash left
// behind, whose process is not alive, are passed over.
func parseUTMP(text []byte, limit int, alive func(pid uint64) bool) (sessions []session, more int, err error) {
	if len(text) == 0 {
		return nil, 0, nil
	}
	layout, ok := utmpLayoutOf(text)
	if !ok {
		return nil, 0, errUTMP
	}
	for ; len(text) >= layout.size; text = text[layout.size:] {
		s, ok := layout.session(text[:layout.size])
		switch {
		case !ok || !alive(s.leader):
		case len(sessions) == limit:
			more++
		default:
			sessions = append(sessions, s)
		}
	}
	return sessions, more, nil
}

// utmpLayoutOf finds the layout in which all records make sense. A file that was
// cut ends with a part of a record.
func utmpLayoutOf(text []byte) (utmpLayout, bool) {
	for _, whole := range []bool{true, false} {
		for _, l := range utmpLayouts() {
			if (!whole || len(text)%l.size == 0) && len(text) >= l.size && l.fits(text) {
				return l, true
			}
		}
	}
	return utmpLayout{}, false
}

func (l utmpLayout) fits(text []byte) bool {
	for ; len(text) >= l.size; text = text[l.size:] {
		_, micro := l.time(text)
		if binary.NativeEndian.Uint16(text) > utmpLastType || micro >= 1e6 {
			return false
		}
	}
	return true
}

// time is the time of a record. A 32-bit one is taken as unsigned, which lasts
// until 2106.
func (l utmpLayout) time(record []byte) (seconds, microseconds uint64) {
	b := record[l.times:]
	if l.wide {
		return binary.NativeEndian.Uint64(b), binary.NativeEndian.Uint64(b[8:])
	}
	return uint64(binary.NativeEndian.Uint32(b)), uint64(binary.NativeEndian.Uint32(b[4:]))
}

// session reads a record; it is false for one that is no login of a user.
func (l utmpLayout) session(record []byte) (session, bool) {
	if binary.NativeEndian.Uint16(record) != utmpUserProcess {
		return session{}, false
	}
	s := session{
		source: "utmp",
		leader: uint64(binary.NativeEndian.Uint32(record[utmpPID:])),
		user:   clean(untilZero(record[utmpUser:utmpHost]), maxName),
		origin: clean(untilZero(record[utmpHost:utmpHost+256]), maxHost),
		login:  instant(l.time(record)),
	}
	s.tty, s.display = terminal(untilZero(record[utmpLine : utmpLine+32]))
	if len(s.origin) > 0 && s.origin[0] == ':' {
		// A terminal window, or the desktop itself, tells its display.
		s.origin, s.graphical = "", !strings.HasPrefix(s.tty, "pts/")
	}
	return s, s.user != ""
}

func untilZero(text []byte) string {
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	return string(text)
}

// processAlive tells whether there is such a process. One of another user is
// alive too.
func processAlive(pid uint64) bool {
	return pid == 0 || pid < 1<<31 && !errors.Is(unix.Kill(int(pid), 0), unix.ESRCH)
}

// microseconds is a time as systemd writes it.
func microseconds(n uint64) time.Time { return instant(n/1e6, n%1e6) }
