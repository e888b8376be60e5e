package shell

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxHistory bounds the lines that are kept.
const maxHistory = 1000

// A history holds the lines that were typed, oldest first.
type history struct {
	path  string // empty: kept in memory only
	lines []string
}

// openHistory reads the history file. When it must not be used, one warning is
// given and the history is kept in memory.
func (s *Shell) openHistory() *history {
	h := &history{path: s.config.HistoryFile}
	if h.path == "" {
		return h
	}
	dir, err := openHistoryDir(h.path)
	if err == nil {
		defer dir.close()
		h.lines, err = dir.load()
	}
	if err != nil {
		fmt.Fprintf(s.session.Err, "history is not kept: %v\n", err)
		return &history{}
	}
	return h
}

// wants tells lines that are worth keeping. A blank at the beginning keeps a
// line out, as in other shells.
func (h *history) wants(line string) bool {
	return keepable(line) && (len(h.lines) == 0 || h.lines[len(h.lines)-1] != line)
}

// keepable tells lines that may stand in a history file.
func keepable(line string) bool {
	return line != "" && line[0] != ' ' && len(line) <= maxLine && strings.TrimSpace(line) != "" &&
		utf8.ValidString(line) && !strings.ContainsFunc(line, unicode.IsControl)
}

// add appends a line. After an error the history is kept in memory only.
func (h *history) add(line string) error {
	h.lines = last(append(h.lines, line))
	if h.path == "" {
		return nil
	}
	err := appendHistory(h.path, line)
	if err != nil {
		h.path = ""
	}
	return err
}

func appendHistory(path, line string) error {
	dir, err := openHistoryDir(path)
	if err != nil {
		return err
	}
	defer dir.close()
	// Other shells of the same user add lines too, so the file counts, not what
	// this one remembers.
	lines, err := dir.load()
	if err != nil {
		return err
	}
	if len(lines) < maxHistory {
		return dir.append(line)
	}
	return dir.replace(last(append(lines, line)))
}

// last returns the newest lines, in a slice that does not hold the others.
func last(lines []string) []string {
	if len(lines) <= maxHistory {
		return lines
	}
	return slices.Clone(lines[len(lines)-maxHistory:])
}
