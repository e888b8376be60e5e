package syslog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A parsed message is what a strict reader of RFC 5424 makes of it.
type parsed struct {
	priority                 int
	time                     time.Time
	host, app, procID, msgID string
	data                     map[string]map[string]string
	text                     string
}

// parse reads a message and accepts nothing that the RFC does not allow.
func parse(message string) (p parsed, err error) {
	if !utf8.ValidString(message) {
		return p, fmt.Errorf("no UTF-8: %q", message)
	}
	number, rest, ok := strings.Cut(strings.TrimPrefix(message, "<"), ">1 ")
	if p.priority, err = strconv.Atoi(number); err != nil || !ok || p.priority > 191 || message[0] != '<' {
		return p, fmt.Errorf("bad priority or version: %q", message)
	}
	head := strings.SplitN(rest, " ", 6)
	if len(head) < 6 {
		return p, fmt.Errorf("short head: %q", message)
	}
	if p.time, err = time.Parse("2006-01-02T15:04:05.999999Z07:00", head[0]); err != nil && head[0] != "-" {
		return p, err
	}
	for i, longest := range []int{255, 48, 128, 32} {
		if text := head[1+i]; text == "" || len(text) > longest || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return p, fmt.Errorf("bad part %d of head: %q", i, message)
		}
	}
	p.host, p.app, p.procID, p.msgID = head[1], head[2], head[3], head[4]
	if rest, err = p.parseData(head[5]); err != nil {
		return p, fmt.Errorf("%w: %q", err, message)
	}
	if rest == "" {
		return p, nil
	}
	text, ok := strings.CutPrefix(rest, " ")
	if !ok {
		return p, fmt.Errorf("no space before text: %q", message)
	}
	p.text = text
	return p, nil
}

func (p *parsed) parseData(s string) (rest string, err error) {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return rest, nil
	}
	p.data = map[string]map[string]string{}
	for strings.HasPrefix(s, "[") {
		var id string
		if id, s, err = parseName(s[1:]); err != nil {
			return s, err
		}
		if p.data[id] != nil {
			return s, fmt.Errorf("twice element %q", id)
		}
		p.data[id] = map[string]string{}
		for strings.HasPrefix(s, " ") {
			var name, value string
			if name, s, err = parseName(s[1:]); err != nil {
				return s, err
			}
			if value, s, err = parseValue(s); err != nil {
				return s, err
			}
			if _, twice := p.data[id][name]; twice {
				return s, fmt.Errorf("twice parameter %q", name)
			}
			p.data[id][name] = value
		}
		var ok bool
		if s, ok = strings.CutPrefix(s, "]"); !ok {
			return s, fmt.Errorf("element %q does not end", id)
		}
	}
	if len(p.data) == 0 {
		return s, fmt.Errorf("no structured data")
	}
	return s, nil
}

func parseName(s string) (name, rest string, err error) {
	end := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '=' || r == ']' || r == '"' })
	if end < 1 || end > 32 {
		return "", s, fmt.Errorf("bad name at %q", s)
	}
	return s[:end], s[end:], nil
}

func parseValue(s string) (value, rest string, err error) {
	s, ok := strings.CutPrefix(s, `="`)
	if !ok {
		return "", s, fmt.Errorf("no value at %q", s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == ']':
			return "", s, fmt.Errorf("bare ] in value")
		case s[i] == '\\' && (i+1 == len(s) || !strings.ContainsRune(`"\]`, rune(s[i+1]))):
			return "", s, fmt.Errorf("bare backslash in value")
		case s[i] == '\\':
			i++
		}
		b.WriteByte(s[i])
	}
	return "", s, fmt.Errorf("value does not end")
}
