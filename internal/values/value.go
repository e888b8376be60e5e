package values

import (
	"fmt"
	"strings"
)

// A Unit is what a number counts.
type Unit string

// The units.
const (
	None           Unit = ""
	Ratio          Unit = "ratio" // a share, 0 to 1
	Seconds        Unit = "seconds"
	Bytes          Unit = "bytes"
	Packets        Unit = "packets"
	BytesPerSecond Unit = "bytes/s"
	PerSecond      Unit = "/s"
)

// A Value is one number of a host.
type Value struct {
	Name   string  `json:"name"`
	Of     string  `json:"of,omitempty"` // the interface, file system, reason and so on
	Number float64 `json:"number"`
	Unit   Unit    `json:"unit,omitempty"`
}

// Key is the name with what it is of in brackets, which is unique in a report.
func (v *Value) Key() string { return Key(v.Name, v.Of) }

// Key is a name and what it is of as they are written together.
func Key(name, of string) string {
	if of == "" {
		return name
	}
	return name + "[" + of + "]"
}

// ParseKey takes a key apart. The name must be one that reports can have.
func ParseKey(key string) (name, of string, err error) {
	name, rest, found := strings.Cut(key, "[")
	if found {
		var ok bool
		if of, ok = strings.CutSuffix(rest, "]"); !ok || of == "" {
			return "", "", fmt.Errorf("value %q: want NAME or NAME[OF], such as filesystem.used[/var]", key)
		}
	}
	for _, k := range kinds {
		if k.name != name {
			continue
		}
		if found && k.of == "" {
			return "", "", fmt.Errorf("value %q: there is one of each host, so without brackets", key)
		}
		return name, of, nil
	}
	return "", "", fmt.Errorf("value %q: not known; dropwatch cluster values lists them", key)
}

// A Kind is what is said of all values of a name.
type Kind struct {
	Name string
	Of   string // what stands in brackets; empty if nothing does
	Unit Unit
	Help string
}

// Kinds are all there can be, in the order of reports.
func Kinds() []Kind {
	list := make([]Kind, len(kinds))
	for i, k := range kinds {
		list[i] = Kind{k.name, k.of, k.unit, k.help}
	}
	return list
}
