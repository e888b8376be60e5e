package ring

import (
	"cmp"
	"slices"
	"time"
)

// pageBytes is what the blocks of the head are aligned to, so that one is
// written without touching a page of another.
const pageBytes = 4096

// A layout is where everything is in a file of a shape.
type layout struct {
	names, state         [2]int64 // offsets of the two copies
	namesBytes, stateLen int64
	rows                 []int64 // offset of the first row of each archive
	rowBytes             []int64
	size                 int64
}

const (
	rowHead   = 16               // end, checksum, zero
	namesHead = 32               // generation, lengths, zero
	nameEntry = 10 + maxKeyBytes // first, length, key
	stateHead = 48               // sequence, generation, last, updates, refused, left out
	checkLen  = 8                // checksum, zero
)

func pages(n int64) int64 { return (n + pageBytes - 1) / pageBytes * pageBytes }

func layoutOf(c Config) layout {
	var l layout
	slots := int64(c.Slots)
	l.namesBytes = namesHead + maxIDBytes + maxNameBytes + 1 + slots*nameEntry + checkLen
	l.stateLen = stateHead + slots*slotBytes(len(c.Archives)) + checkLen
	end := int64(pageBytes) // the shape
	for i := range l.names {
		l.names[i] = end
		end += pages(l.namesBytes)
	}
	for i := range l.state {
		l.state[i] = end
		end += pages(l.stateLen)
	}
	for _, a := range c.Archives {
		columns := slots
		if a.Max {
			columns *= 2
		}
		l.rows = append(l.rows, end)
		l.rowBytes = append(l.rowBytes, rowHead+8*columns)
		end += pages((rowHead + 8*columns) * int64(a.Rows))
	}
	l.size = end
	return l
}

// head is how much of a file is always allocated.
func (l *layout) head() int64 { return l.rows[0] }

// row is where the row that ends at a time is.
func (l *layout) row(c *Config, archive int, end int64) int64 {
	a := c.Archives[archive]
	index := end / seconds(a.Step) % int64(a.Rows)
	return l.rows[archive] + index*l.rowBytes[archive]
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func sortedArchives(list []Archive) []Archive {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Archive) int { return cmp.Compare(a.Step, b.Step) })
	return list
}
