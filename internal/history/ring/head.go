package ring

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// A head is all but the rows.
type head struct {
	config Config
	layout layout
	names  names
	state  state
}

func broken(err error) error { return fmt.Errorf("%w: %w", ErrBroken, err) }

// readHead reads the blocks of a file that may be written meanwhile, and may be
// anything. What does not fit together is read again so often.
func readHead(file io.ReaderAt, attempts int) (*head, error) {
	h := new(head)
	b := make([]byte, shapeBytes)
	if _, err := file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var err error
	if h.config, err = decodeShape(b); err != nil {
		return nil, broken(err)
	}
	h.layout = layoutOf(h.config)
	// The last byte is read for its being there.
	if _, err := file.ReadAt(b[:1], h.layout.size-1); errors.Is(err, io.EOF) {
		return nil, broken(errors.New("it is cut off"))
	} else if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		err := h.readBlocks(file, try == attempts)
		if err == nil || try == attempts {
			return h, err
		}
		time.Sleep(pause)
	}
}

// How often and how fast what is being written is read again. A writer takes
// some microseconds.
const (
	tries = 8
	pause = time.Millisecond
)

// readBlocks reads state and names that belong together. With force it makes
// the best of a damaged file: rows can be read without a state.
func (h *head) readBlocks(file io.ReaderAt, force bool) error {
	found, err := h.readState(file)
	if err != nil {
		return err
	}
	if !found && !force {
		return broken(errors.New("no valid state"))
	}
	match, newest, err := h.readNames(file)
	switch {
	case err != nil:
		return err
	case newest == nil:
		return broken(errors.New("no valid names"))
	case match != nil && found:
		h.names = *match
	case force:
		// The slots of the state may have changed hands. Names are on the disk
		// before what is written under them, so the newest are right.
		h.names, h.state.slots, h.state.generation = *newest, newState(&h.config).slots, newest.generation
	default:
		return broken(errors.New("names and state are of different times"))
	}
	return nil
}

// readNames returns those that go with the state, and the newest.
func (h *head) readNames(file io.ReaderAt) (match, newest *names, err error) {
	for i := range h.layout.names {
		b := make([]byte, h.layout.namesBytes)
		if _, err := file.ReadAt(b, h.layout.names[i]); err != nil {
			return nil, nil, err
		}
		n, err := decodeNames(b, &h.config)
		if err != nil {
			continue
		}
		if n.generation == h.state.generation {
			match = &n
		}
		if newest == nil || n.generation > newest.generation {
			newest = &n
		}
	}
	return match, newest, nil
}

// readState takes the later of the two copies.
func (h *head) readState(file io.ReaderAt) (found bool, err error) {
	h.state = newState(&h.config)
	for i := range h.layout.state {
		b := make([]byte, h.layout.stateLen)
		if _, err := file.ReadAt(b, h.layout.state[i]); err != nil {
			return false, err
		}
		s, err := decodeState(b, &h.config)
		if err != nil || found && s.sequence <= h.state.sequence {
			continue
		}
		h.state, found = s, true
	}
	return found, nil
}
