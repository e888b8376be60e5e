package symbols

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
)

// Bounds of a table. A large distribution kernel has 300 000 lines.
const (
	maxLines     = 4 << 20
	maxNameBytes = 256 << 20
)

// Entries without a name of use, which only end the symbol before them.
const (
	boundary = math.MaxUint32
	padding  = math.MaxUint32 - 1 // takes the address also from other names
)

type entry struct {
	address uint64
	name    uint32 // offset in builder.text, or one of the constants
	module  uint16
}

// A builder collects lines and makes a table of them.
type builder struct {
	entries []entry
	text    strings.Builder
	named   int // entries with a name
	modules []string
	index   map[string]uint16 // of modules
	last    uint16            // module of the last line: they come in runs
	hidden  bool              // a function without address was seen
}

func newBuilder() *builder {
	return &builder{modules: []string{""}, index: map[string]uint16{"": 0}}
}

// add takes one line. It copies what it keeps.
func (b *builder) add(l line) error {
	if isMapping(l.name) {
		return nil
	}
	e := entry{address: l.address, name: boundary}
	switch {
	case !l.isText() || isEnd(l.name):
	case isPadding(l.name):
		e.name = padding
	default:
		if l.address == 0 {
			b.hidden = true
			return nil
		}
		if b.text.Len() > maxNameBytes {
			return errors.New("too many names")
		}
		var err error
		if e.module, err = b.moduleIndex(l.module); err != nil {
			return err
		}
		e.name = uint32(b.text.Len())
		b.text.WriteString(l.name)
		b.text.WriteByte(0)
		b.named++
	}
	if len(b.entries) == maxLines {
		return errors.New("too many lines")
	}
	if len(b.entries) == cap(b.entries) { // append grows large slices too timidly
		b.entries = slices.Grow(b.entries, len(b.entries)+1024)
	}
	b.entries = append(b.entries, e)
	return nil
}

func (b *builder) moduleIndex(name string) (uint16, error) {
	if b.modules[b.last] == name {
		return b.last, nil
	}
	i, ok := b.index[name]
	if !ok {
		if len(b.modules) > math.MaxUint16 {
			return 0, errors.New("too many modules")
		}
		i = uint16(len(b.modules))
		name = strings.Clone(name)
		b.modules = append(b.modules, name)
		b.index[name] = i
	}
	b.last = i
	return i, nil
}

// table sorts the entries and packs them. The builder is spent afterwards.
func (b *builder) table() *Table {
	b.sort()
	n := b.named // few addresses have several names
	t := &Table{
		offsets: make([]uint32, 0, n),
		sizes:   make([]uint32, 0, n),
		names:   make([]uint32, 0, n),
		module:  make([]uint16, 0, n),
		modules: b.modules,
		text:    strings.Clone(b.text.String()), // without the slack of growing
	}
	b.distinct(t.add)
	return t
}

// sort orders the entries by address. Built-in symbols come sorted; modules,
// BPF programs and trampolines follow in the order of their creation, on most
// machines at higher addresses. So the part that needs sorting is small.
func (b *builder) sort() {
	byAddress := func(x, y entry) int { return cmp.Compare(x.address, y.address) }
	sorted := 1
	for sorted < len(b.entries) && b.entries[sorted].address >= b.entries[sorted-1].address {
		sorted++
	}
	if sorted >= len(b.entries) {
		return
	}
	least := slices.MinFunc(b.entries[sorted:], byAddress)
	from, _ := slices.BinarySearchFunc(b.entries[:sorted], least, byAddress)
	slices.SortFunc(b.entries[from:], byAddress)
}

// distinct calls add for each address that has a name, with the name that was
// listed first.
func (b *builder) distinct(add func(e entry, size uint64)) {
	for i, next := 0, 0; i < len(b.entries); i = next {
		e, padded := b.entries[i], false
		for next = i; next < len(b.entries) && b.entries[next].address == e.address; next++ {
			same := b.entries[next]
			padded = padded || same.name == padding
			if same.name < e.name { // offsets in text grow with the lines
				e = same
			}
		}
		if padded || e.name == boundary {
			continue
		}
		size := uint64(maxSize)
		if next < len(b.entries) {
			size = min(size, b.entries[next].address-e.address)
		}
		add(e, size)
	}
}

func (t *Table) add(e entry, size uint64) {
	if n := len(t.blocks); n == 0 || e.address-t.blocks[n-1].base > math.MaxUint32 {
		t.blocks = append(t.blocks, block{base: e.address, first: len(t.offsets)})
	}
	base := t.blocks[len(t.blocks)-1].base
	t.offsets = append(t.offsets, uint32(e.address-base))
	t.sizes = append(t.sizes, uint32(size))
	t.names = append(t.names, e.name)
	t.module = append(t.module, e.module)
}
