package rrdcached

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dropwatch/internal/peer/record"
)

// Bounds of what the daemon says.
const (
	maxLine   = 4096
	maxLines  = 4 * batchValues // errors of a batch with files to make
	maxStrays = 16
)

// An answer is a line with a number and a text; a positive number says how many
// lines follow, a negative one that the command failed.
type answer struct {
	code  int
	text  string
	lines []string
}

var errAnswer = errors.New("answer is not of rrdcached")

func readAnswer(r *bufio.Reader) (answer, error) {
	var a answer
	for stray := 0; ; stray++ {
		line, err := readLine(r)
		if err != nil {
			return a, err
		}
		number, text, _ := strings.Cut(line, " ")
		if code, err := strconv.Atoi(number); err == nil {
			a.code, a.text = code, text
			break
		}
		// Texts of some errors have a second line, which nothing announces.
		if stray == maxStrays {
			return a, fmt.Errorf("%w: %.60q", errAnswer, line)
		}
	}
	if a.code > maxLines {
		return a, fmt.Errorf("%w: %d lines", errAnswer, a.code)
	}
	for range max(a.code, 0) {
		line, err := readLine(r)
		if err != nil {
			return a, err
		}
		a.lines = append(a.lines, line)
	}
	return a, nil
}

// readLine reads a line that fits the reader, and makes it printable.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", fmt.Errorf("%w: a line is too long", errAnswer)
	} else if err != nil {
		return "", err
	}
	return record.CleanText(strings.TrimRight(string(line), "\r\n"), maxLine), nil
}

// A failure is what the daemon says of a command of a batch, which count from 1.
type failure struct {
	command int
	text    string
}

// failures reads the lines of the answer to a batch. Some texts go on in a line
// without a number.
func (a *answer) failures(commands int) ([]failure, error) {
	var list []failure
	for _, line := range a.lines {
		number, text, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		if err != nil && len(list) > 0 {
			last := &list[len(list)-1]
			last.text = last.text + " " + line
			continue
		}
		if err != nil || n < 1 || n > commands {
			return nil, fmt.Errorf("%w: %.60q", errAnswer, line)
		}
		list = append(list, failure{n, text})
	}
	return list, nil
}
