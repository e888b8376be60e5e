package symbols

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrRestricted is returned when the kernel shows kallsyms without addresses.
// It matches [os.ErrPermission].
var ErrRestricted = fmt.Errorf("the kernel hides its addresses from this process: run as root or with CAP_SYSLOG, with sysctl kernel.kptr_restrict=1 or 0 (%w)", os.ErrPermission)

// maxLine bounds a line: two names and what is between them.
const maxLine = 2*maxName + 32

// Load reads the functions of the running kernel. It takes tens of
// milliseconds, most of them in the kernel, and returns [ErrRestricted] when
// addresses are hidden.
//
// Reads /proc/kallsyms, which exists if the kernel has CONFIG_KALLSYMS.
func Load() (*Table, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("load kernel symbols: %w; the kernel must have CONFIG_KALLSYMS and /proc must be mounted", err)
		}
		return nil, fmt.Errorf("load kernel symbols: %w", err)
	}
	defer f.Close()
	t, err := Parse(f)
	if err != nil {
		return nil, fmt.Errorf("load kernel symbols: /proc/kallsyms: %w", err)
	}
	return t, nil
}

// Parse reads symbols in the format of /proc/kallsyms. It keeps functions
// (types t, T, w and W). All symbols, except the marks of the assembler inside
// of functions, end the one before.
//
// An error in a line names its number. Input without any function is an error,
// as is input in which no function has an address: [ErrRestricted].
func Parse(r io.Reader) (*Table, error) {
	b := newBuilder()
	in := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		text, err := in.ReadSlice('\n')
		if err == io.EOF && len(text) == 0 {
			break
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return nil, fmt.Errorf("read line %d: %w", number, err)
		}
		if len(text) > maxLine {
			return nil, fmt.Errorf("parse line %d: longer than %d bytes", number, maxLine)
		}
		if text[len(text)-1] == '\n' {
			text = text[:len(text)-1]
		}
		l, err := parseLine(text)
		if err == nil {
			err = b.add(l)
		}
		if err != nil {
			return nil, fmt.Errorf("parse line %d: %w", number, err)
		}
	}
	t := b.table()
	switch {
	case t.Len() > 0:
		return t, nil
	case b.hidden:
		return nil, ErrRestricted
	}
	return nil, errors.New("parse symbols: there is no function in the input")
}
