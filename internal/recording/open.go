package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcap"
	"dropwatch/internal/export/pcapng"
)

// ErrForeign tells that a file is no recording of dropwatch or dwdump.
var ErrForeign = errors.New("no recording of dropwatch")

// Options say what of a recording to replay. The zero value is all.
type Options struct {
	NetNS   []string // names or inodes, as recorded
	Devices []string // names of interfaces
	// Idle, if not nil, is called before each reading of the input, which may
	// have to wait for what comes.
	Idle func()
}

// Open begins to replay what record has written, or dwdump. It reads as far as
// the first packet. The error wraps ErrForeign for files of others.
func Open(r io.Reader, o Options) (*Source, error) {
	input := bufio.NewReader(idler{r, o.Idle})
	start, err := input.Peek(4)
	if err != nil && len(start) == 0 {
		if err == io.EOF {
			return nil, fmt.Errorf("%w: it is empty", ErrForeign)
		}
		return nil, err
	}
	s := &Source{wanted: newWanted(o)}
	switch {
	case pcapng.Begins(start):
		s.feed, err = openSections(input, s)
	case pcap.Begins(start):
		s.feed, err = openDump(input, s)
	default:
		err = fmt.Errorf("%w: it is no capture file", ErrForeign)
	}
	if err != nil {
		return nil, err
	}
	s.peek()
	return s, nil
}

// An idler tells before it reads.
type idler struct {
	r    io.Reader
	idle func()
}

func (i idler) Read(b []byte) (int, error) {
	if i.idle != nil {
		i.idle()
	}
	return i.r.Read(b)
}

// A feed gives the drops of a file.
type feed interface {
	// next reads the next one, whose bytes are good until the next call. The
	// error is io.EOF at the end, and wraps errCut if that came too early.
	next(*dropmon.Drop) error
}

// errCut tells that a recording has no end.
var errCut = errors.New("it is cut off: whoever recorded it was killed, or its disk was full")
