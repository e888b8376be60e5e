package tracefs

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// A field is one member of a record, as the kernel describes it.
type field struct {
	offset, size int
}

// Bounds of a description, far above what kernels have.
const (
	maxFields   = 256
	maxPosition = 1 << 20
)

// parseFields reads the lines of a description that look like
//
//	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
//
// and passes over all others.
func parseFields(text string) (map[string]field, error) {
	fields := make(map[string]field)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "field:") {
			continue
		}
		if len(fields) == maxFields {
			return nil, fmt.Errorf("more than %d fields", maxFields)
		}
		name, f, err := parseField(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		fields[name] = f
	}
	return fields, nil
}

func parseField(line string) (name string, f field, err error) {
	f = field{offset: -1, size: -1}
	for part := range strings.SplitSeq(line, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), ":")
		switch key {
		case "field":
			name = declared(value)
		case "offset":
			f.offset, err = position(value)
		case "size":
			f.size, err = position(value)
		}
		if err != nil {
			return "", field{}, err
		}
	}
	if name == "" || f.offset < 0 || f.size < 0 {
		return "", field{}, fmt.Errorf("name, offset or size is missing")
	}
	return name, f, nil
}

// declared is the name in a C declaration such as "char comm[16]".
func declared(declaration string) string {
	declaration, _, _ = strings.Cut(declaration, "[")
	words := strings.Fields(declaration)
	if len(words) == 0 {
		return ""
	}
	return strings.TrimLeft(words[len(words)-1], "*")
}

func position(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0, err
	}
	if n > maxPosition {
		return 0, fmt.Errorf("%d is more than %d", n, maxPosition)
	}
	return int(n), nil
}

// number looks up a field that holds an integer.
func number(fields map[string]field, name string) (field, error) {
	f, ok := fields[name]
	if !ok {
		return field{}, fmt.Errorf("no field %q", name)
	}
	switch f.size {
	case 1, 2, 4, 8:
		return f, nil
	}
	return field{}, fmt.Errorf("field %q has %d bytes: 1, 2, 4 or 8 expected", name, f.size)
}

func (f field) end() int { return f.offset + f.size }

// read returns the value of a field of a record that is long enough.
func (f field) read(record []byte) uint64 {
	raw := record[f.offset:f.end()]
	switch f.size {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(binary.NativeEndian.Uint16(raw))
	case 4:
		return uint64(binary.NativeEndian.Uint32(raw))
	}
	return binary.NativeEndian.Uint64(raw)
}
