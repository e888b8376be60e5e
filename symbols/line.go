package symbols

import (
	"bytes"
	"errors"
	"unsafe"
)

// A line is one decoded line of kallsyms. The names point into the input.
type line struct {
	address uint64
	kind    byte // as nm(1) prints it
	name    string
	module  string
}

func (l line) isText() bool {
	switch l.kind {
	case 't', 'T', 'w', 'W':
		return true
	}
	return false
}

// parseLine decodes "ffffffff81000000 T name\t[module]" without the newline.
// It does not allocate: the result is valid as long as b is unchanged.
func parseLine(b []byte) (line, error) {
	address, n := hexPrefix(b)
	if n == 0 || n > 16 {
		return line{}, errors.New("want an address of 1 to 16 hex digits")
	}
	b = b[n:]
	if len(b) < 3 || b[0] != ' ' || b[2] != ' ' || b[1] <= ' ' || b[1] >= 0x7f {
		return line{}, errors.New("want a type character between two blanks after the address")
	}
	l := line{address: address, kind: b[1]}
	name := b[3 : 3+printable(b[3:])]
	rest := b[3+len(name):]
	if len(name) == 0 || len(name) > maxName {
		return line{}, errors.New("invalid symbol name")
	}
	l.name = view(name)
	if len(rest) == 0 {
		return l, nil
	}
	module := bytes.TrimLeft(rest, "\t ")
	if len(module) == len(rest) || len(module) < 2 || module[0] != '[' || module[len(module)-1] != ']' {
		return line{}, errors.New("want nothing or [module] after the name")
	}
	l.module = view(module[1 : len(module)-1])
	if !validModule(l.module) {
		return line{}, errors.New("invalid module name")
	}
	return l, nil
}

// hexPrefix decodes the leading hex digits of b, as the kernel writes them, and
// returns how many they are.
func hexPrefix(b []byte) (value uint64, n int) {
	for n < len(b) {
		digit := b[n] - '0'
		if digit > 9 {
			if digit = b[n] - 'a' + 10; digit < 10 || digit > 15 {
				break
			}
		}
		value = value<<4 | uint64(digit)
		n++
	}
	return value, n
}

// printable returns how many bytes of b come before the first blank or control
// character.
func printable[T []byte | string](b T) int {
	for i := range len(b) {
		if c := b[i]; c <= ' ' || c == 0x7f {
			return i
		}
	}
	return len(b)
}

// view is b as a string that shares its memory: a copy for each of 100 000
// lines would cost more than the rest of the parser.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
