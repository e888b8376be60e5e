package nldump

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrInterrupted tells that a table changed while it was dumped.
var ErrInterrupted = errors.New("the table changed during the dump")

// A Message is one entry of an answer.
type Message struct {
	Type uint16
	// Length is that of the whole message, with its header.
	Length int
	Data   []byte
}

const headerBytes = unix.SizeofNlMsghdr

// An answer is what follows a request, in any number of datagrams.
type answer struct {
	sequence uint32
	dump     bool
	yield    func(Message) error

	done bool
	err  error
}

// fail keeps the first error; the answer is read to its end all the same.
func (a *answer) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// datagram takes messages apart. A broken datagram ends the answer, because
// where the next message starts is not known.
func (a *answer) datagram(b []byte) {
	for len(b) > 0 && !a.done {
		if len(b) < headerBytes {
			a.broken(len(b))
			return
		}
		length := binary.NativeEndian.Uint32(b)
		if length < headerBytes || uint64(length) > uint64(len(b)) {
			a.broken(len(b))
			return
		}
		a.message(b[:length])
		b = b[min(align(int(length)), len(b)):]
	}
}

func (a *answer) broken(left int) {
	a.fail(fmt.Errorf("decode netlink datagram: bad message length, %d bytes before its end", left))
	a.done = true
}

func (a *answer) message(b []byte) {
	kind := binary.NativeEndian.Uint16(b[4:])
	if binary.NativeEndian.Uint32(b[8:]) != a.sequence {
		return // of a request that was given up
	}
	if binary.NativeEndian.Uint16(b[6:])&unix.NLM_F_DUMP_INTR != 0 && a.dump {
		a.fail(ErrInterrupted)
	}
	data := b[headerBytes:]
	switch kind {
	case unix.NLMSG_NOOP:
	case unix.NLMSG_DONE:
		a.done = true
		if len(data) >= 4 { // older kernels end without a result
			a.result(data)
		}
	case unix.NLMSG_ERROR:
		a.done = true
		a.result(data)
	default:
		if a.err == nil {
			a.err = a.yield(Message{Type: kind, Length: len(b), Data: data})
		}
	}
}

// result reads how the request ended: 0 or a negative errno.
func (a *answer) result(data []byte) {
	if len(data) < 4 {
		a.fail(fmt.Errorf("decode netlink result: %d bytes are too few", len(data)))
		return
	}
	if code := int32(binary.NativeEndian.Uint32(data)); code < 0 {
		a.fail(unix.Errno(-int64(code)))
	}
}

// align rounds up to where the next message or attribute starts.
func align(n int) int { return (n + 3) &^ 3 }
