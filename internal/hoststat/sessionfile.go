package hoststat

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// sessionFiles reads the files in which systemd-logind keeps its sessions. They
// are readable by all but not promised to stay as they are, so they serve only
// where the bus cannot be asked. The error wraps fs.ErrNotExist on a host without
// systemd: the empty directory that a package may have left says nothing.
func (r *Reader) sessionFiles() (sessions []session, more int, err error) {
	dir := r.config.Root + "/run/systemd/sessions"
	names, err := readNames(dir, maxSessionFiles)
	if err != nil {
		return nil, 0, err
	}
	if len(names) == 0 {
		if _, err := os.Stat(r.config.Root + "/run/systemd/system"); err != nil {
			return nil, 0, fs.ErrNotExist
		}
	}
	for _, name := range names {
		if !isSessionID(name) {
			continue
		}
		text, err := r.file.read(dir + "/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the session has ended
		}
		if err != nil {
			return nil, 0, err
		}
		s := parseSession(text)
		switch {
		case !s.loggedIn():
		case len(sessions) == r.config.MaxUsers:
			more++
		default:
			sessions = append(sessions, s)
		}
	}
	return sessions, more, nil
}

const maxSessionFiles = 8192

func readNames(dir string, limit int) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(limit)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}

// isSessionID tells sessions ("3", "c1") from the pipes ("3.ref") and temporary
// files beside them.
func isSessionID(name string) bool {
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// parseSession reads the KEY=value lines of a session.
func parseSession(text []byte) session {
	s := session{source: "sessions"}
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		key, value, _ := bytes.Cut(line, []byte("="))
		switch string(key) {
		case "USER":
			s.user = clean(unquote(value), maxName)
		case "TTY":
			s.tty, _ = terminal(unquote(value))
		case "DISPLAY":
			s.display = clean(unquote(value), maxName)
		case "REMOTE_HOST":
			s.origin = clean(unquote(value), maxHost)
		case "TYPE":
			s.graphical = isGraphical(unquote(value))
		case "CLASS":
			s.class = clean(unquote(value), maxName)
		case "STATE":
			s.state = clean(unquote(value), maxName)
		case "LEADER":
			s.leader, _ = number(value)
		case "REALTIME":
			if n, ok := number(value); ok {
				s.login = microseconds(n)
			}
		}
	}
	return s
}

// unquote undoes the quotes and the backslashes that systemd puts around what a
// shell would take for something else.
func unquote(value []byte) string {
	text := string(value)
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		if rest[0] != '\\' || len(rest) == 1 {
			b.WriteByte(rest[0])
			continue
		}
		if c, ok := octal([]byte(rest)); ok {
			b.WriteByte(c)
			i += 3
		} else if n, err := strconv.ParseUint(hexDigits(rest), 16, 8); err == nil {
			b.WriteByte(byte(n))
			i += 3
		} else {
			b.WriteByte(rest[1])
			i++
		}
	}
	return b.String()
}

// hexDigits are the two digits of \x2d.
func hexDigits(text string) string {
	if len(text) < 4 || text[1] != 'x' {
		return ""
	}
	return text[2:4]
}
