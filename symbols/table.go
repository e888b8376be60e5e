package symbols

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// maxSize is the most that a symbol extends towards a far successor. No
// function of the kernel comes near it, and the gap from core text to module
// space is larger.
const maxSize = 1 << 20

// A Table is an immutable snapshot of the functions of a kernel. It is safe for
// concurrent use.
//
// Of several names for one address the table keeps the one listed first. The
// kernel sorts its list so that the better name comes first (weak symbols and
// leading underscores last) and prints the first one itself, so the names agree
// with those in its log and in other tools.
type Table struct {
	// Addresses need 64 bits, but lie close together: core text and modules
	// fit in one block on x86 and in few on other machines.
	blocks  []block
	offsets []uint32 // of symbols, from the base of their block
	sizes   []uint32
	names   []uint32 // where the name starts in text
	module  []uint16 // index in modules
	modules []string // the first is empty: built-in
	text    string   // names, each ended by a zero byte
}

// A block is a run of symbols within 4 GiB from base.
type block struct {
	base  uint64
	first int // index of its first symbol
}

// Len returns the number of symbols.
func (t *Table) Len() int { return len(t.offsets) }

// Resolve returns the function that contains the instruction at pc. It returns
// false for an address outside of known code. It does not allocate; the names
// in the result share the memory of the table.
func (t *Table) Resolve(pc uint64) (Symbol, bool) {
	b, found := slices.BinarySearchFunc(t.blocks, pc, func(b block, pc uint64) int {
		return cmp.Compare(b.base, pc)
	})
	if !found {
		b--
	}
	if b < 0 {
		return Symbol{}, false
	}
	base, first, end := t.blocks[b].base, t.blocks[b].first, len(t.offsets)
	if b+1 < len(t.blocks) {
		end = t.blocks[b+1].first
	}
	i, found := slices.BinarySearch(t.offsets[first:end], uint32(min(pc-base, math.MaxUint32)))
	i += first
	if !found {
		i--
	}
	address := base + uint64(t.offsets[i])
	if pc-address >= uint64(t.sizes[i]) {
		return Symbol{}, false
	}
	return Symbol{
		Name:    t.name(i),
		Module:  t.modules[t.module[i]],
		Address: address,
		Offset:  pc - address,
		Size:    uint64(t.sizes[i]),
	}, true
}

// ResolveReturn returns the function that the call returning to pc is in. The
// location of a drop is such a return address. A call that never returns can be
// the last instruction of its function; then pc is already the start of the
// next one. So the function is looked up at pc-1, and Offset is that of pc, as
// the kernel does for a stack trace (%pB).
func (t *Table) ResolveReturn(pc uint64) (Symbol, bool) {
	if pc == 0 {
		return Symbol{}, false
	}
	s, ok := t.Resolve(pc - 1)
	if ok {
		s.Offset++
	}
	return s, ok
}

func (t *Table) name(i int) string {
	name := t.text[t.names[i]:]
	return name[:strings.IndexByte(name, 0)]
}
