package nldump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

const messageHeader = unix.SizeofNlMsghdr

// A Message is one row of an answer.
type Message struct {
	Type uint16
	// Length is that of the whole message, with its netlink header, in bytes.
	Length int
	Data   []byte // after the netlink header
}

// next takes the first message off a datagram.
func next(datagram []byte) (message, rest []byte, err error) {
	if len(datagram) < messageHeader {
		return nil, nil, fmt.Errorf("%d bytes are no netlink message", len(datagram))
	}
	length := int64(binary.NativeEndian.Uint32(datagram))
	if length < messageHeader || length > int64(len(datagram)) {
		return nil, nil, fmt.Errorf("message says it has %d bytes where there are %d", length, len(datagram))
	}
	// The last one may lack its padding.
	return datagram[:length:length], datagram[min(align(int(length)), len(datagram)):], nil
}

// An answer follows the messages that answer one request, in any number of
// datagrams.
type answer struct {
	sequence    uint32
	single      bool // not a dump
	each        func(Message) error
	done        bool
	interrupted bool
	err         error // of each, or of the kernel: the first
}

// datagram takes what one read brought. It returns faults of the form only,
// after which nobody knows where the next message starts.
func (a *answer) datagram(datagram []byte) error {
	for len(datagram) > 0 && !a.done {
		message, rest, err := next(datagram)
		if err != nil {
			return err
		}
		datagram = rest
		// What is left of an answer that was given up has an older number.
		if binary.NativeEndian.Uint32(message[8:]) == a.sequence {
			a.message(message)
		}
	}
	return nil
}

func (a *answer) message(message []byte) {
	kind, flags := binary.NativeEndian.Uint16(message[4:]), binary.NativeEndian.Uint16(message[6:])
	data := message[messageHeader:]
	// The mark may be on the last message alone.
	a.interrupted = a.interrupted || flags&unix.NLM_F_DUMP_INTR != 0 && !a.single
	switch kind {
	case unix.NLMSG_NOOP:
	case unix.NLMSG_DONE, unix.NLMSG_ERROR:
		a.done = true
		if err := verdict(kind, flags, data); a.err == nil {
			a.err = err
		}
	default:
		if a.err == nil {
			a.err = a.each(Message{Type: kind, Length: len(message), Data: data})
		}
	}
}

// result is the error of an answer that is done.
func (a *answer) result() error {
	if a.err == nil && a.interrupted {
		return ErrInterrupted
	}
	return a.err
}
