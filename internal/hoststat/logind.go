package hoststat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// Names of systemd-logind on the bus.
const (
	logindName    = "org.freedesktop.login1"
	logindPath    = "/org/freedesktop/login1"
	logindList    = logindName + ".Manager.ListSessions"
	logindSession = logindName + ".Session"
	getProperties = "org.freedesktop.DBus.Properties.GetAll"
)

// errNoLogind is what a host without systemd-logind gives; that is no fault.
var errNoLogind = errors.New("systemd-logind does not run")

const (
	// logindPause is how long a bus that failed is left alone, so that one that
	// hangs does not hold up each sample.
	logindPause = time.Minute
	// logindRefresh is how long the properties of a session are good for. Those
	// that matter hardly change, and each session costs a call.
	logindRefresh = time.Minute
	// maxSessions is how many sessions are asked for their properties.
	maxSessions = 2048
)

// A logind asks systemd-logind for its sessions over the system bus.
type logind struct {
	socket  string
	timeout time.Duration
	limit   int

	bus   *bus
	known map[dbus.ObjectPath]knownSession
	pause time.Time // not to be asked before
	err   error     // why
}

type knownSession struct {
	session session
	read    time.Time
}

// stale tells whether to ask again. Only logind knows since when a graphical
// session is idle.
func (k *knownSession) stale(now time.Time) bool {
	return now.Sub(k.read) >= logindRefresh || k.session.graphical && k.session.loggedIn()
}

// sessions lists who is logged in. It takes the time-out at most. The error wraps
// errNoLogind where there is none.
func (l *logind) sessions(ctx context.Context, now time.Time) (sessions []session, more int, err error) {
	if now.Before(l.pause) {
		return nil, 0, l.err
	}
	asking, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	again := l.bus != nil
	sessions, more, err = l.ask(asking, now)
	if err != nil && again && asking.Err() == nil {
		// The bus may have been started anew since.
		l.close()
		sessions, more, err = l.ask(asking, now)
	}
	if err == nil {
		return sessions, more, nil
	}
	l.close()
	late := errors.Is(asking.Err(), context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	if late && ctx.Err() == nil {
		err = fmt.Errorf("ask systemd-logind: no answer within %v", l.timeout)
	}
	if !errors.Is(err, errNoLogind) && ctx.Err() == nil {
		l.pause, l.err = now.Add(logindPause), err
	}
	return nil, 0, err
}

func (l *logind) ask(ctx context.Context, now time.Time) (sessions []session, more int, err error) {
	if l.bus == nil {
		// Cheaper than to try, on the many hosts without a bus.
		if _, err := os.Lstat(l.socket); err != nil {
			return nil, 0, absent(err)
		}
		if l.bus, err = dialBus(ctx, l.socket); err != nil {
			return nil, 0, absent(err)
		}
	}
	l.bus.begin(ctx)
	paths, err := l.paths(ctx)
	if err != nil {
		return nil, 0, absent(err)
	}
	if len(paths) > maxSessions {
		paths, more = paths[:maxSessions], len(paths)-maxSessions
	}
	kept := make(map[dbus.ObjectPath]knownSession, len(paths))
	for _, path := range paths {
		known, ok := l.known[path]
		if !ok || known.stale(now) {
			known = knownSession{read: now}
			known.session, err = l.session(ctx, path)
			if isGone(err) {
				continue
			}
			if err != nil {
				return nil, 0, absent(err)
			}
		}
		kept[path] = known
		switch {
		case !known.session.loggedIn():
		case len(sessions) == l.limit:
			more++
		default:
			sessions = append(sessions, known.session)
		}
	}
	l.known = kept
	return sessions, more, nil
}

func (l *logind) paths(ctx context.Context) ([]dbus.ObjectPath, error) {
	call := l.bus.conn.Object(logindName, logindPath).CallWithContext(ctx, logindList, dbus.FlagNoAutoStart)
	if call.Err != nil {
		return nil, call.Err
	}
	return sessionPaths(call.Body)
}

// sessionPaths takes the objects out of the answer of ListSessions, an array of
// (session, user number, user name, seat, object).
func sessionPaths(body []any) ([]dbus.ObjectPath, error) {
	var rows []struct {
		ID   string
		UID  uint32
		User string
		Seat string
		Path dbus.ObjectPath
	}
	if err := dbus.Store(body, &rows); err != nil {
		return nil, fmt.Errorf("decode list of sessions: %w", err)
	}
	paths := make([]dbus.ObjectPath, 0, len(rows))
	for _, row := range rows {
		if row.Path.IsValid() {
			paths = append(paths, row.Path)
		}
	}
	return paths, nil
}

func (l *logind) session(ctx context.Context, path dbus.ObjectPath) (session, error) {
	call := l.bus.conn.Object(logindName, path).CallWithContext(ctx, getProperties, dbus.FlagNoAutoStart, logindSession)
	if call.Err != nil {
		return session{}, call.Err
	}
	return sessionOf(call.Body)
}

// sessionOf reads the properties of a session. One that is not there, or of
// another type, is left empty.
func sessionOf(body []any) (session, error) {
	var properties map[string]dbus.Variant
	if err := dbus.Store(body, &properties); err != nil {
		return session{}, fmt.Errorf("decode session: %w", err)
	}
	s := session{
		source: "logind",
		user:   clean(property[string](properties, "Name"), maxName),
		origin: clean(property[string](properties, "RemoteHost"), maxHost),
		class:  clean(property[string](properties, "Class"), maxName),
		state:  clean(property[string](properties, "State"), maxName),
		login:  microseconds(property[uint64](properties, "Timestamp")),
		leader: uint64(property[uint32](properties, "Leader")),
	}
	s.tty, _ = terminal(property[string](properties, "TTY"))
	s.display = clean(property[string](properties, "Display"), maxName)
	// Only desktops tell logind that nobody is there. On terminals it reads the
	// same file times as we do, but less often.
	s.graphical = isGraphical(property[string](properties, "Type"))
	if s.graphical && property[bool](properties, "IdleHint") {
		s.idleFrom = microseconds(property[uint64](properties, "IdleSinceHint"))
	}
	return s, nil
}

func property[T any](properties map[string]dbus.Variant, name string) T {
	value, _ := properties[name].Value().(T)
	return value
}

// isGone tells that a session ended between two calls.
func isGone(err error) bool {
	var answer dbus.Error
	return errors.As(err, &answer) && (answer.Name == "org.freedesktop.DBus.Error.UnknownObject" ||
		answer.Name == logindName+".NoSuchSession")
}

// absent tells errors apart that only mean that there is no bus or no logind.
func absent(err error) error {
	var answer dbus.Error
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ECONNREFUSED):
	case errors.As(err, &answer) && (answer.Name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
		answer.Name == "org.freedesktop.DBus.Error.ServiceUnknown"):
	default:
		return fmt.Errorf("ask systemd-logind: %w", err)
	}
	return errNoLogind
}

func (l *logind) close() {
	if l.bus != nil {
		l.bus.close()
		l.bus = nil
	}
	l.known = nil
}
