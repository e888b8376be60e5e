package recording

import (
	"errors"
	"fmt"
	"io"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
)

// sections reads what a Recorder has written. Files of one recording that were
// put together are replayed as one.
type sections struct {
	source *Source
	blocks *pcapng.Reader
	file   head // that is read
	rows   []template
	ended  bool // the file that is read has its end
}

// openSections reads the head.
func openSections(r io.Reader, s *Source) (feed, error) {
	f := &sections{source: s, blocks: pcapng.NewReader(r)}
	for {
		block, err := f.blocks.Next()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrForeign, err)
		}
		switch b := block.(type) {
		case *pcapng.Section:
			continue
		case *pcapng.Local:
			if b.Kind == kindHead {
				return f, f.first(b.Payload)
			}
		}
		return nil, fmt.Errorf("%w: a capture of another program, or rewritten by one", ErrForeign)
	}
}

func (f *sections) first(payload []byte) error {
	if err := f.newFile(payload); err != nil {
		return err
	}
	s := f.source
	s.head, s.to = f.file, f.file.From
	s.whole = f.file.File == 1
	var err error
	if f.file.Tells != "" {
		if s.tells, err = dropmon.ParseBy(f.file.Tells); err != nil {
			return fmt.Errorf("read head of recording: %w", err)
		}
	}
	return nil
}

// newFile reads the head of a file and forgets the rows of the one before.
func (f *sections) newFile(payload []byte) error {
	var h head
	if err := decode("head of recording", payload, maxHead, &h); err != nil {
		return err
	}
	if h.Schema != Schema {
		return fmt.Errorf("read head of recording: it is a %.60q, only %q is known; a newer dropwatch may read it", h.Schema, Schema)
	}
	if !sane(h.From) {
		return fmt.Errorf("read head of recording: it begins at %v", h.From)
	}
	f.file, f.rows, f.ended = h, nil, false
	return nil
}

// sane tells whether a time can be counted in nanoseconds since 1970.
func sane(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2262 }

func (f *sections) next(d *dropmon.Drop) error {
	for {
		block, err := f.blocks.Next()
		if err != nil {
			return f.over(err)
		}
		switch b := block.(type) {
		case *pcapng.Section:
			err = f.section()
		case *pcapng.Local:
			err = f.local(b)
		case *pcapng.Packet:
			var is bool
			if is, err = f.packet(b, d); is {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// over tells whether the end is one.
func (f *sections) over(err error) error {
	switch {
	case errors.Is(err, pcapng.ErrTruncated):
		return fmt.Errorf("%w (%w)", errCut, err)
	case err == io.EOF && !f.ended:
		return errCut
	}
	return err
}

// section begins another file of the same recording.
func (f *sections) section() error {
	before, s := f.file, f.source
	block, err := f.blocks.Next()
	if err != nil {
		return f.over(err)
	}
	b, is := block.(*pcapng.Local)
	if !is || b.Kind != kindHead {
		return fmt.Errorf("read recording: %w follows", ErrForeign)
	}
	s.whole = s.whole && f.ended
	if err := f.newFile(b.Payload); err != nil {
		return err
	}
	if f.file.ID != before.ID || f.file.Host != s.head.Host || f.file.Kernel != s.head.Kernel {
		return errors.New("read recording: another one follows; replay each by itself")
	}
	s.whole = s.whole && f.file.File == before.File+1
	s.ended, s.now = s.counts(), counts{}
	s.seen(f.file.From)
	return nil
}

func (f *sections) local(b *pcapng.Local) error {
	s := f.source
	switch b.Kind {
	case kindRow:
		return f.row(b.Payload)
	case kindCounts:
		var c counts
		if err := decode("counts of recording", b.Payload, maxCounts, &c); err != nil {
			return err
		}
		f.counted(&c)
	case kindEnd:
		var e end
		if err := decode("end of recording", b.Payload, maxEnd, &e); err != nil {
			return err
		}
		f.counted(&e.counts)
		f.ended = true
		s.summary = nil
		if !e.More {
			s.summary = e.Summary
		}
	}
	return nil // other kinds are of newer ones
}

func (f *sections) counted(c *counts) {
	f.source.now = *c
	if sane(c.At) {
		f.source.seen(c.At.UTC())
	}
}
