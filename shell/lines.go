package shell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errLongLine says that a line is over the limit. The next line can be read.
var errLongLine = lineErrorf("line is longer than %d bytes", maxLine)

// lines reads bounded lines.
type lines struct {
	r      *bufio.Reader
	number int // of the line that next returned, from 1
}

func newLines(r io.Reader) *lines {
	return &lines{r: bufio.NewReader(r)}
}

// next returns a line without its end. The last line need not have one.
func (l *lines) next() (string, error) {
	l.number++
	var line strings.Builder
	size := 0
	for {
		part, err := l.r.ReadSlice('\n')
		size += len(part)
		if line.Len() <= maxLine {
			line.Write(part)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && size > 0:
		case errors.Is(err, io.EOF), errors.Is(err, errInterrupted):
			return "", err
		case err != nil:
			return "", fmt.Errorf("read commands: %w", err)
		}
		text := strings.TrimSuffix(strings.TrimSuffix(line.String(), "\n"), "\r")
		if len(text) > maxLine {
			return "", errLongLine
		}
		return text, nil
	}
}
