package hoststat

import (
	"bytes"
	"strings"
)

// A mount is a line of /proc/self/mountinfo.
type mount struct {
	id, parent   uint64
	device       string // "8:1"
	root, point  string // as the kernel knows them, escapes undone
	kind, source string
	readOnly     bool
	hasMajor     bool // as block devices have
}

// maxMounts bounds how many mounts are looked at.
const maxMounts = 8192

// parseMounts reads /proc/self/mountinfo. Lines that are no mounts are passed
// over; more counts the mounts above the limit.
func parseMounts(text []byte) (mounts []mount, more int) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		m, ok := parseMount(line)
		switch {
		case !ok:
		case len(mounts) == maxMounts:
			more++
		default:
			mounts = append(mounts, m)
		}
	}
	return mounts, more
}

// parseMount reads a line such as
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//
// where any number of words may be between the options and the dash.
func parseMount(line []byte) (mount, bool) {
	var m mount
	w := words{line}
	var okID, okParent bool
	m.id, okID = w.number()
	m.parent, okParent = w.number()
	major, minor, ok := bytes.Cut(w.next(), []byte(":"))
	majorNumber, okMajor := number(major)
	_, okMinor := number(minor)
	if !okID || !okParent || !ok || !okMajor || !okMinor {
		return m, false
	}
	m.device, m.hasMajor = string(major)+":"+string(minor), majorNumber != 0
	m.root, m.point = unescape(w.next()), unescape(w.next())
	options := w.next()
	for word := w.next(); string(word) != "-"; word = w.next() {
		if len(word) == 0 {
			return m, false
		}
	}
	m.kind, m.source = unescape(w.next()), unescape(w.next())
	m.readOnly = hasOption(options, "ro") || hasOption(w.next(), "ro")
	return m, m.point != "" && m.point[0] == '/' && m.kind != ""
}

func hasOption(options []byte, name string) bool {
	for len(options) > 0 {
		var option []byte
		option, options, _ = bytes.Cut(options, []byte(","))
		if string(option) == name {
			return true
		}
	}
	return false
}

// unescape undoes the octal escapes (\040 for a space) of the kernel.
func unescape(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text)
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if c, ok := octal(text[i:]); ok {
			b.WriteByte(c)
			i += 3
		} else {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// octal reads a backslash and three digits.
func octal(text []byte) (byte, bool) {
	if len(text) < 4 || text[0] != '\\' || text[1] < '0' || text[1] > '3' {
		return 0, false
	}
	value := byte(0)
	for _, c := range text[1:4] {
		if c < '0' || c > '7' {
			return 0, false
		}
		value = value<<3 | (c - '0')
	}
	return value, true
}
