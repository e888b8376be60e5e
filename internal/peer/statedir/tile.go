package statedir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dropwatch/internal/peer/record"
)

// A Tile is the drops of a host in a piece of time. Tiles of a host do not
// overlap; where there is none between two, nothing is known.
type Tile struct {
	// To and From are by the clock of the host. To comes first in the line, so
	// that a reader can skip old lines without decoding them.
	To    time.Time     `json:"to"`
	From  time.Time     `json:"from"`
	Epoch uint64        `json:"epoch,omitempty"` // start of the agent that told it
	Drops *record.Drops `json:"drops"`
}

// maxTile is the longest line that is written and read.
const maxTile = 64 << 10

// lineStart is how AppendDrops begins a line.
const lineStart = `{"to":"`

// formatTile makes the line of a tile, of at most so many bytes: rows are cut
// from the end, where those with fewest packets are, and stay in the totals. What
// the knowledge base says of a reason is left out: it is long, and known.
func formatTile(t *Tile, most int) ([]byte, error) {
	short := *t.Drops
	short.Rows = append([]record.Row(nil), t.Drops.Rows...)
	for i := range short.Rows {
		r := &short.Rows[i]
		r.Text, r.Cause, r.Discard = "", "", nil
	}
	with := Tile{To: t.To.UTC(), From: t.From.UTC(), Epoch: t.Epoch, Drops: &short}
	for {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(&with); err != nil {
			return nil, err
		}
		switch {
		case b.Len() <= most:
			return b.Bytes(), nil
		case len(short.Counters) > len(short.Rows):
			short.Counters = short.Counters[:len(short.Counters)/2]
		case len(short.Rows) > 0:
			short.Rows = short.Rows[:len(short.Rows)/2]
		default:
			return nil, fmt.Errorf("drops of %d bytes without a row, at most %d are kept", b.Len(), most)
		}
	}
}

// parseTile reads a line without its end.
func parseTile(line []byte) (*Tile, error) {
	t := new(Tile)
	if err := json.Unmarshal(line, t); err != nil {
		return nil, err
	}
	switch {
	case t.Drops == nil:
		return nil, errors.New("no drops")
	case !t.To.After(t.From):
		return nil, errors.New("ends before it begins")
	}
	t.To, t.From = t.To.UTC(), t.From.UTC()
	r := record.Report{Drops: t.Drops}
	r.Clean()
	return t, nil
}

// endOf is when the tile of a line ends, as far as that can be told without
// decoding it.
func endOf(line []byte) (time.Time, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(lineStart))
	if !ok {
		return time.Time{}, false
	}
	text, _, ok := bytes.Cut(rest[:min(len(rest), len(time.RFC3339Nano)+1)], []byte(`"`))
	if !ok {
		return time.Time{}, false
	}
	end, err := time.Parse(time.RFC3339Nano, string(text))
	return end, err == nil
}
