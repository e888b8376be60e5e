package hoststat

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A User is somebody who is logged in, once for each session.
type User struct {
	Name string `json:"name"`
	// Terminal is the device below /dev, such as "pts/3", or the display of a
	// graphical session. A session without any has none.
	Terminal string `json:"terminal,omitempty"`
	// Origin is the host that the user came from; absent for a local session.
	Origin string     `json:"origin,omitempty"`
	Login  *time.Time `json:"login,omitempty"`
	// IdleSeconds is the time since the last input. That of a desktop is known
	// only if the desktop tells logind that nobody is there.
	IdleSeconds *float64 `json:"idle_seconds,omitempty"`
	// Source is who knows the session: "logind", "sessions" (the files of logind)
	// or "utmp".
	Source string `json:"source"`
}

// A session is what a source knows of a login. Its texts are clean.
type session struct {
	source   string
	user     string
	tty      string // below /dev
	display  string
	origin   string
	login    time.Time // zero if not known
	leader   uint64    // process; 0 if not known
	idleFrom time.Time // zero if the source does not know
	// graphical is set where the terminal sees none of the input.
	graphical bool
	class     string
	state     string
}

// loggedIn tells sessions of users from those of the display manager, of
// services and of users who have gone.
func (s *session) loggedIn() bool {
	return s.user != "" && strings.HasPrefix(s.class, "user") && s.state != "closing"
}

var errNoUsers = errors.New("no systemd-logind, no session files and no utmp on this host")

// users fills in who is logged in. The database of wtmpdb is not asked: reading
// it takes SQLite, and it is about logins of the past.
func (r *Reader) users(ctx context.Context, s *Status) {
	sessions, more, known := r.sessions(ctx, s)
	entries, moreEntries, err := r.utmp()
	switch {
	case err == nil:
		known = true
	case !errors.Is(err, fs.ErrNotExist):
		s.miss("utmp", err)
	}
	if !known {
		s.miss("users", errNoUsers)
		return
	}
	sessions = merge(sessions, entries)
	slices.SortStableFunc(sessions, func(a, b session) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.tty, b.tty), a.login.Compare(b.login))
	})
	if over := len(sessions) - r.config.MaxUsers; over > 0 {
		sessions, more = sessions[:r.config.MaxUsers], more+over
	}
	s.leave(more+moreEntries, func(l *LeftOut) *int { return &l.Users })
	s.Users = make([]User, len(sessions))
	for i := range sessions {
		s.Users[i] = r.user(&sessions[i], s.Time)
	}
}

// sessions asks logind, and reads its files if it does not answer.
func (r *Reader) sessions(ctx context.Context, s *Status) (sessions []session, more int, known bool) {
	sessions, more, err := r.logind.sessions(ctx, s.Time)
	if err == nil {
		return sessions, more, true
	}
	if !errors.Is(err, errNoLogind) {
		s.miss("logind", err)
	}
	sessions, more, err = r.sessionFiles()
	switch {
	case err == nil:
		return sessions, more, true
	case !errors.Is(err, fs.ErrNotExist):
		s.miss("session files", err)
	}
	return nil, 0, false
}

func (r *Reader) user(from *session, now time.Time) User {
	u := User{Name: from.user, Terminal: cmp.Or(from.tty, from.display), Origin: from.origin, Source: from.source}
	if !from.login.IsZero() {
		login := from.login
		u.Login = &login
	}
	since := from.idleFrom
	// A name from outside must not lead out of /dev.
	if !from.graphical && from.tty != "" && filepath.IsLocal(from.tty) {
		since, _ = r.host.touched(r.config.Root + "/dev/" + from.tty)
	}
	if !since.IsZero() {
		idle := max(0, now.Sub(since).Seconds())
		u.IdleSeconds = &idle
	}
	return u
}

// touched is when somebody last typed at a terminal; the kernel keeps it to some
// eight seconds.
func touched(path string) (time.Time, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return time.Time{}, err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFCHR {
		return time.Time{}, unix.ENOTTY
	}
	return time.Unix(stat.Atim.Unix()), nil
}

// merge adds the entries of utmp that belong to no session of logind. Each entry
// stands for one session at most, and fills in what that lacks.
func merge(sessions, entries []session) []session {
	taken := make([]bool, len(sessions))
	count := len(sessions)
	for i := range entries {
		e := &entries[i]
		at := partner(sessions[:count], taken, e)
		if at < 0 {
			sessions = append(sessions, *e)
			continue
		}
		taken[at] = true
		s := &sessions[at]
		s.tty, s.display = cmp.Or(s.tty, e.tty), cmp.Or(s.display, e.display)
		s.origin = cmp.Or(s.origin, e.origin)
		if s.login.IsZero() {
			s.login = e.login
		}
	}
	return sessions
}

// partner finds the session that an entry of utmp is about: that of the same
// terminal, else of the same process, else one of the same user that has no
// terminal and came from the same host.
func partner(sessions []session, taken []bool, e *session) int {
	for _, same := range []func(s *session) bool{
		func(s *session) bool {
			return e.tty != "" && s.tty == e.tty || e.display != "" && s.display == e.display
		},
		func(s *session) bool { return e.leader != 0 && s.leader == e.leader },
		func(s *session) bool { return s.tty == "" && s.display == "" && s.origin == e.origin },
	} {
		for i := range sessions {
			if !taken[i] && sessions[i].user == e.user && same(&sessions[i]) {
				return i
			}
		}
	}
	return -1
}

// isGraphical knows the types of sessions of logind.
func isGraphical(kind string) bool { return kind == "x11" || kind == "wayland" || kind == "mir" }

// terminal takes a name as sources write it apart: a device below /dev, or a
// display.
func terminal(name string) (tty, display string) {
	name = clean(strings.TrimPrefix(name, "/dev/"), maxName)
	if strings.HasPrefix(name, ":") {
		return "", name
	}
	return name, ""
}
