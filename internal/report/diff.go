package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxSummary is how large a document may be: room for a hundred thousand rows.
const maxSummary = 128 << 20

// A summary of less or more time than this has no rates worth a look.
const (
	minSeconds = 1e-3
	maxSeconds = 1e10
)

// ReadSummary reads one summary in JSON, such as WriteJSON writes. Everything
// else is an error.
func ReadSummary(r io.Reader) (*Summary, error) {
	limited := &io.LimitedReader{R: r, N: maxSummary + 1}
	d := json.NewDecoder(limited)
	var s Summary
	err := d.Decode(&s)
	switch {
	case limited.N <= 0:
		return nil, fmt.Errorf("read summary: more than %d MiB", maxSummary>>20)
	case errors.Is(err, io.EOF):
		return nil, errors.New("read summary: the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("read summary: the file ends early")
	case err != nil && s.Schema == "":
		return nil, fmt.Errorf("read summary: no JSON document of dropwatch: %w", err)
	case s.Schema != SummarySchema:
		return nil, fmt.Errorf("read summary: schema %.60q, want %q", s.Schema, SummarySchema)
	case err != nil:
		return nil, fmt.Errorf("read summary: %w", err)
	case !(s.Seconds >= minSeconds && s.Seconds <= maxSeconds):
		return nil, fmt.Errorf("read summary: it lasted %v s, so there are no rates", s.Seconds)
	}
	rest, err := io.ReadAll(io.MultiReader(d.Buffered(), limited))
	if err != nil {
		return nil, fmt.Errorf("read summary: %w", err)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("read summary: there is more behind the document")
	}
	return &s, nil
}
