package peer

import (
	"math"
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// Messages of the engine. Those that members pass on are bounded more narrowly than
// the engine does it, because it keeps them.

const (
	maxName = 255
	// maxMeta leaves room for more than members tell of themselves now.
	maxMeta = 128
)

func number(name string, min, max uint64) field {
	return field{name: name, kind: kindNumber, min: min, max: max}
}

func flag(name string) field { return field{name: name, kind: kindFlag} }

func data(name string, takes func([]byte) bool) field {
	return field{name: name, kind: kindBytes, takes: takes}
}

func (f field) or() field { f.optional = true; return f }

// The source of a ping is to be answered instead of the sender.
var (
	sourceAddress = data("SourceAddr", noneOr(goodAddress)).or()
	sourcePort    = number("SourcePort", 0, math.MaxUint16).or()
	sourceNode    = data("SourceNode", noneOr(goodName)).or()
)

var (
	pingFields = []field{
		number("SeqNo", 0, math.MaxUint32), data("Node", noneOr(goodName)), sourceAddress, sourcePort, sourceNode,
	}
	indirectFields = []field{
		number("SeqNo", 0, math.MaxUint32), data("Target", goodAddress), number("Port", 0, math.MaxUint16),
		data("Node", noneOr(goodName)), flag("Nack"), sourceAddress, sourcePort, sourceNode,
	}
	ackFields = []field{number("SeqNo", 0, math.MaxUint32), data("Payload", anyBytes)}

	nackFields = []field{number("SeqNo", 0, math.MaxUint32)}
	// those that say that a member is suspect or dead
	doubtFields = []field{number("Incarnation", 0, math.MaxUint32), data("Node", goodName), data("From", goodName)}
	// the engine keeps a member of incarnation 0, and tells nobody
	aliveFields = append([]field{data("Node", goodName), number("Incarnation", 1, math.MaxUint32)}, memberFields...)

	memberFields = []field{
		data("Addr", goodAddress), number("Port", 1, math.MaxUint16), data("Meta", goodMeta), data("Vsn", goodVersions),
	}
)

// Messages that come over streams only.
var (
	pushPullFields = []field{number("Nodes", 0, math.MaxInt32), number("UserStateLen", 0, 0), flag("Join")}
	stateFields    = append([]field{
		number("State", 0, stateLeft), data("Name", goodName), number("Incarnation", 0, math.MaxUint32),
	}, memberFields...)
	userFields  = []field{number("UserMsgLen", 0, maxStream)}
	errorFields = []field{data("Error", noneOr(printable))}
)

// States of a member.
const (
	stateSuspect = 1
	stateDead    = 2
	stateLeft    = 3
)

func noneOr(takes func([]byte) bool) func([]byte) bool {
	return func(b []byte) bool { return len(b) == 0 || takes(b) }
}

func anyBytes([]byte) bool { return true }

func goodMeta(b []byte) bool { return len(b) <= maxMeta }

// goodName takes names that can be shown to a terminal.
func goodName(b []byte) bool { return len(b) > 0 && len(b) <= maxName && printable(b) }

func printable(b []byte) bool {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			if b[0] < ' ' || b[0] == 0x7f {
				return false
			}
			b = b[1:]
			continue
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
		b = b[size:]
	}
	return true
}

// goodAddress takes those of one host.
func goodAddress(b []byte) bool {
	a, ok := netip.AddrFromSlice(b)
	a = a.Unmap()
	return ok && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// protocol is the version of the engine's protocol that members speak.
const protocol = 2

// goodVersions takes those of a member that speaks with this one: the least and the
// greatest version it knows and the one it speaks, of the protocol and of what the
// program says with it. One that did not fit would keep all from merging what they
// know.
func goodVersions(b []byte) bool {
	return len(b) == 6 && 1 <= b[0] && b[0] <= protocol && b[1] >= protocol && b[2] == protocol && b[3] == 0 && b[5] == 0
}
