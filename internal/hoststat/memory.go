package hoststat

import (
	"bytes"
	"math"
)

// Memory is the state of the memory, in bytes.
type Memory struct {
	Total *uint64 `json:"total_bytes,omitempty"`
	// Available is what programs can get without swapping. Linux 3.14.
	Available *uint64 `json:"available_bytes,omitempty"`
	Free      *uint64 `json:"free_bytes,omitempty"`
	Buffers   *uint64 `json:"buffers_bytes,omitempty"`
	Cached    *uint64 `json:"cached_bytes,omitempty"`
	Dirty     *uint64 `json:"dirty_bytes,omitempty"`
}

// Swap is the state of the swap space, in bytes. A host without any has zeros.
type Swap struct {
	Total *uint64 `json:"total_bytes,omitempty"`
	Free  *uint64 `json:"free_bytes,omitempty"`
}

// parseMemory reads /proc/meminfo.
func parseMemory(text []byte) (*Memory, *Swap, error) {
	var m Memory
	var s Swap
	values := make([]uint64, 0, 8) // one piece for all
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		w := words{line}
		to := memoryField(&m, &s, w.next())
		if to == nil || *to != nil {
			continue
		}
		kilobytes, ok := w.number()
		if !ok || string(w.next()) != "kB" || kilobytes > math.MaxUint64/1024 {
			continue
		}
		values = append(values, kilobytes*1024)
		*to = &values[len(values)-1]
	}
	if m.Total == nil {
		return nil, nil, errFormat
	}
	if s.Total == nil {
		return &m, nil, nil
	}
	return &m, &s, nil
}

// memoryField is where the value of a name belongs; nil if it is not used. There
// are as many as parseMemory makes room for.
func memoryField(m *Memory, s *Swap, name []byte) **uint64 {
	switch string(name) {
	case "MemTotal:":
		return &m.Total
	case "MemAvailable:":
		return &m.Available
	case "MemFree:":
		return &m.Free
	case "Buffers:":
		return &m.Buffers
	case "Cached:":
		return &m.Cached
	case "Dirty:":
		return &m.Dirty
	case "SwapTotal:":
		return &s.Total
	case "SwapFree:":
		return &s.Free
	}
	return nil
}
