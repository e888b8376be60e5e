package tracefs

import (
	"fmt"
	"strconv"
	"strings"
)

// NoReason stands for the reason on kernels that give none (before 5.17).
const NoReason = 0xffffffff

// A format tells where a record of the tracepoint skb:kfree_skb holds what.
type format struct {
	id       uint64
	kind     field // the id of a record's tracepoint
	location field
	protocol field
	reason   field // of size 0 before 5.17
	length   int   // of the shortest record with all these
}

// parseFormat reads events/skb/kfree_skb/format. Fields that are not used,
// such as the receiving socket since 6.11, may come and go.
func parseFormat(text string) (format, error) {
	var f format
	fields, err := parseFields(text)
	if err != nil {
		return f, err
	}
	if f.id, err = identifier(text); err != nil {
		return f, err
	}
	for _, wanted := range []struct {
		name string
		to   *field
	}{{"common_type", &f.kind}, {"location", &f.location}, {"protocol", &f.protocol}} {
		if *wanted.to, err = number(fields, wanted.name); err != nil {
			return f, err
		}
	}
	if _, ok := fields["reason"]; ok {
		if f.reason, err = number(fields, "reason"); err != nil {
			return f, err
		}
	}
	f.length = max(f.kind.end(), f.location.end(), f.protocol.end(), f.reason.end())
	return f, nil
}

func identifier(text string) (uint64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "ID:"); ok {
			id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
			if err != nil {
				return 0, fmt.Errorf("id of the tracepoint: %w", err)
			}
			return id, nil
		}
	}
	return 0, fmt.Errorf("no id of the tracepoint")
}

// hasReason tells whether the kernel gives reasons.
func (f *format) hasReason() bool { return f.reason.size > 0 }

// decode reads a record. It returns false for one of another tracepoint.
func (f *format) decode(record []byte, e *Event) (bool, error) {
	if len(record) < f.kind.end() {
		return false, fmt.Errorf("record of %d bytes: at least %d expected", len(record), f.kind.end())
	}
	if f.kind.read(record) != f.id {
		return false, nil
	}
	if len(record) < f.length {
		return false, fmt.Errorf("record of %d bytes: at least %d expected", len(record), f.length)
	}
	e.Location = f.location.read(record)
	e.Protocol = uint16(f.protocol.read(record))
	e.Reason = NoReason
	if f.hasReason() {
		e.Reason = uint32(f.reason.read(record))
	}
	return true, nil
}
