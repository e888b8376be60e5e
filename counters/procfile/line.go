package procfile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// A SyntaxError tells where a file is not as expected.
type SyntaxError struct {
	File    string // below /proc/net
	Line    int    // from 1
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("parse /proc/net/%s line %d: %s", e.File, e.Line, e.Problem)
}

// A reader hands out lines and keeps the first thing that is wrong.
type reader struct {
	file   string
	rest   []byte
	line   []byte
	number int
	err    error
}

func (p *Parser) reader(text []byte) *reader {
	return &reader{file: p.file.Path, rest: text}
}

// next goes to the next line. A last line without an end was cut off, perhaps
// inside a number, and is not used.
func (r *reader) next() bool {
	if len(r.rest) == 0 {
		return false
	}
	r.number++
	end := bytes.IndexByte(r.rest, '\n')
	if end < 0 {
		r.rest = nil
		r.fail("the line is cut off")
		return false
	}
	r.line, r.rest = r.rest[:end], r.rest[end+1:]
	return true
}

func (r *reader) fail(problem string) {
	if r.err == nil {
		r.err = &SyntaxError{File: r.file, Line: r.number, Problem: problem}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// field cuts the first word off a line. It is empty at the end of the line.
func field(line []byte) (word, rest []byte) {
	start := 0
	for start < len(line) && isSpace(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isSpace(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

// countFields counts the words of a line.
func countFields(line []byte) int {
	n := 0
	for word, rest := field(line); len(word) > 0; word, rest = field(rest) {
		n++
	}
	return n
}

// decimal reads a number without a sign.
func decimal(word []byte) (uint64, bool) {
	if len(word) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range word {
		if c < '0' || c > '9' || n > math.MaxUint64/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
		if n < uint64(c-'0') {
			return 0, false
		}
	}
	return n, true
}

// signed reads a number that may be negative, which only a gauge can be.
func signed(word []byte) (n uint64, negative, ok bool) {
	if len(word) == 0 || word[0] != '-' {
		n, ok = decimal(word)
		return n, false, ok
	}
	n, ok = decimal(word[1:])
	if n > 1<<63 {
		return 0, true, false
	}
	return -n, true, ok
}

// hexadecimal reads a number of a width as %08x writes it.
func hexadecimal(word []byte, bits uint8) (uint64, bool) {
	if len(word) == 0 || len(word) > int(bits)/4 {
		return 0, false
	}
	var n uint64
	for _, c := range word {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// wordBits is the width of the kernel's unsigned long, as a program and its kernel
// are mostly of the same kind. On a wider kernel a counter that is still below
// 2^32 never falls, and one above shows that it is wider.
const wordBits = strconv.IntSize

// maxCPUs is more than any kernel is built for.
const maxCPUs = 1 << 14

// cpu returns the name of a CPU.
func (p *Parser) cpu(n uint64) string {
	for uint64(len(p.cpus)) <= n {
		p.cpus = append(p.cpus, "cpu "+strconv.Itoa(len(p.cpus)))
	}
	return p.cpus[n]
}
