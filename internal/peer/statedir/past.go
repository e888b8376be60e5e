package statedir

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"time"

	"dropwatch/internal/peer/identity"
)

// A Past reads the drops of hosts that AppendDrops has kept. It needs no
// privileges and no agent, takes no lock, and may be used concurrently.
type Past struct{ root *os.Root }

// OpenPast opens a state directory to be read.
func OpenPast(path string) (*Past, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("read state directory: %w", err)
	}
	return &Past{root}, nil
}

// Close gives the directory back.
func (p *Past) Close() error { return p.root.Close() }

// Drops calls a function for each tile of a host that ends after a time, in the
// order in which they were kept. A host without any is no error. A line that is
// broken is skipped and told in the error, once for all of them; the last one of a
// file may be cut, which is none.
func (p *Past) Drops(id identity.ID, after time.Time, each func(*Tile)) error {
	old, current, err := p.files(id, after)
	if err != nil {
		return fmt.Errorf("read drops of %s: %w", id, err)
	}
	var first error
	broken := 0
	for _, data := range [][]byte{old, current} {
		for line := range bytes.Lines(data) {
			if line[len(line)-1] != '\n' {
				break
			}
			if end, ok := endOf(line); ok && !end.After(after) {
				continue
			}
			t, err := parseTile(line)
			switch {
			case err == nil && t.To.After(after):
				each(t)
			case err != nil && broken == 0:
				first = err
				fallthrough
			case err != nil:
				broken++
			}
		}
	}
	if broken > 0 {
		return fmt.Errorf("read drops of %s: %d lines are broken: %w", id, broken, first)
	}
	return nil
}

// files reads the file of a host, and the one before if it can be needed. The
// agent may put a new one in their place meanwhile, which it does seldom.
func (p *Past) files(id identity.ID, after time.Time) (old, current []byte, err error) {
	for range 3 {
		var info, oldInfo fs.FileInfo
		if current, info, err = readDrops(p.root, dropsName(id)); err != nil {
			return nil, nil, err
		}
		if end, ok := endOf(current); ok && !end.After(after) {
			return nil, current, nil // the first tile is too old, and so are those before
		}
		if old, oldInfo, err = readDrops(p.root, oldName(id)); err != nil {
			return nil, nil, err
		}
		if info == nil || oldInfo == nil || !os.SameFile(info, oldInfo) {
			return old, current, nil
		}
	}
	return nil, current, nil
}
