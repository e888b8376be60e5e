package sockstat

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// filterAfter is how many sockets a dump has before a filter is worth its
// making. Made once, it stays.
const filterAfter = 200

// A layout finds out whether all messages of a dump of internet sockets have
// their count of drops in the same place, which no header file promises.
type layout struct {
	quiet nldump.Quiet
	seen  int
	mixed bool
}

// learn looks at one more message. It is true once: when there have been
// enough, all laid out alike.
func (l *layout) learn(m nldump.Message) bool {
	if l.mixed || l.seen >= filterAfter {
		return false
	}
	if l.seen == 0 {
		l.quiet = layoutOf(m)
	}
	if !alike(l.quiet, m) {
		l.mixed = true
		return false
	}
	l.seen++
	return l.seen == filterAfter
}

// layoutOf finds the word with the drops in a struct inet_diag_msg. The header
// of the attribute that it stands in is the mark of the layout. Without that
// attribute the layout is zero, which no message has.
func layoutOf(m nldump.Message) nldump.Quiet {
	if m.Type != unix.SOCK_DIAG_BY_FAMILY || len(m.Data) < inetMessageBytes {
		return nldump.Quiet{}
	}
	start := m.Length - len(m.Data) + inetMessageBytes
	attributes := nldump.Walk(m.Data[inetMessageBytes:])
	for attributes.Next() {
		if attributes.Type() == inetMemory && len(attributes.Bytes()) >= 4*(memoryDrops+1) {
			mark := start + attributes.Offset() - unix.SizeofNlAttr
			return nldump.Quiet{
				Length: m.Length,
				Mark:   mark, MarkValue: wordAt(m, mark),
				Zero: start + attributes.Offset() + 4*memoryDrops,
			}
		}
	}
	return nldump.Quiet{}
}

func alike(q nldump.Quiet, m nldump.Message) bool {
	return m.Length == q.Length && wordAt(m, q.Mark) == q.MarkValue
}

// wordAt reads a word of a message, counting from the start of its header.
func wordAt(m nldump.Message, offset int) uint32 {
	return binary.NativeEndian.Uint32(m.Data[offset-(m.Length-len(m.Data)):])
}
