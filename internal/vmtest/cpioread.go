package vmtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// archiveHeader is the size of an entry's header: a magic number of 6 bytes and
// 13 fields of 8 hexadecimal digits.
const archiveHeader = 6 + 13*8

var errArchive = errors.New("not an archive in the newc form")

// eachEntry calls do for each regular file of an archive. Data is part of the
// archive.
func eachEntry(archive []byte, do func(name string, data []byte) error) error {
	for rest := archive; ; {
		e, after, err := nextEntry(rest)
		if err != nil {
			return fmt.Errorf("read archive at %d: %w", len(archive)-len(rest), err)
		}
		if e.name == "TRAILER!!!" {
			return nil
		}
		if e.mode&modeType == modeRegular {
			if err := do(e.name, e.data); err != nil {
				return err
			}
		}
		rest = after
	}
}

// An archiveEntry is a file of any type.
type archiveEntry struct {
	name string
	mode uint64
	data []byte
}

// nextEntry also returns what follows the entry.
func nextEntry(b []byte) (archiveEntry, []byte, error) {
	var e archiveEntry
	if len(b) < archiveHeader || string(b[:6]) != "070701" {
		return e, nil, errArchive
	}
	var field [13]uint64
	for i := range field {
		v, err := strconv.ParseUint(string(b[6+8*i:14+8*i]), 16, 32)
		if err != nil {
			return e, nil, errArchive
		}
		field[i] = v
	}
	size, length := field[6], field[11]
	begin := (archiveHeader + length + 3) &^ 3
	if length == 0 || begin+size > uint64(len(b)) {
		return e, nil, errArchive
	}
	e.mode = field[1]
	e.name = strings.TrimRight(string(b[archiveHeader:archiveHeader+length]), "\x00")
	e.data = b[begin : begin+size]
	return e, b[min((begin+size+3)&^3, uint64(len(b))):], nil
}
