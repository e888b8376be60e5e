package ring

import (
	"hash/crc32"
	"math"
)

// A row is what an archive holds of one step: the time at which it ended, a
// checksum, an average for each slot, then the highest for each slot if they are
// kept. One that was never written ends at 0.
type row []byte

var unknownBits = math.Float64bits(math.NaN())

// begin makes a row new, with nothing known.
func (r row) begin(end int64) {
	clear(r[:rowHead])
	order.PutUint64(r, uint64(end))
	for at := rowHead; at < len(r); at += 8 {
		order.PutUint64(r[at:], unknownBits)
	}
}

func (r row) end() int64 { return int64(order.Uint64(r)) }

func (r row) set(column int, v float64) {
	order.PutUint64(r[rowHead+8*column:], math.Float64bits(v))
}

func (r row) get(column int) float64 {
	return math.Float64frombits(order.Uint64(r[rowHead+8*column:]))
}

// sum has all but itself.
func (r row) sum() uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(r[:8], table), table, r[rowHead:])
}

func (r row) seal() { order.PutUint32(r[8:], r.sum()) }

// whole tells whether the row is as it was written. One of zeros is: a place
// that was never written.
func (r row) whole() bool { return r.end() == 0 || order.Uint32(r[8:]) == r.sum() }
