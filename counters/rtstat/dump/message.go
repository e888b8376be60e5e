package dump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

const messageHeader = 16 // struct nlmsghdr

// A Message is one row of an answer.
type Message struct {
	Type uint16
	Data []byte // after the netlink header
}

// next takes the first message off a datagram.
func next(datagram []byte) (header, body, rest []byte, err error) {
	if len(datagram) < messageHeader {
		return nil, nil, nil, fmt.Errorf("%d bytes are no netlink message", len(datagram))
	}
	length := int64(binary.NativeEndian.Uint32(datagram))
	if length < messageHeader || length > int64(len(datagram)) {
		return nil, nil, nil, fmt.Errorf("message says it has %d bytes where there are %d", length, len(datagram))
	}
	rest = datagram[min(align(int(length)), len(datagram)):]
	return datagram[:messageHeader], datagram[messageHeader:length:length], rest, nil
}

// An answer follows the messages that answer one request.
type answer struct {
	sequence    uint32
	each        func(Message) error
	done        bool
	interrupted bool
	err         error // of each, or of the kernel
}

// datagram takes what one read brought. It returns faults of the form only.
func (a *answer) datagram(datagram []byte) error {
	for len(datagram) > 0 && !a.done {
		header, body, rest, err := next(datagram)
		if err != nil {
			return err
		}
		datagram = rest
		// What is left of an answer that was given up has an older number.
		if binary.NativeEndian.Uint32(header[8:]) != a.sequence {
			continue
		}
		a.message(binary.NativeEndian.Uint16(header[4:]), binary.NativeEndian.Uint16(header[6:]), body)
	}
	return nil
}

func (a *answer) message(kind, flags uint16, body []byte) {
	if flags&unix.NLM_F_DUMP_INTR != 0 {
		a.interrupted = true
	}
	switch kind {
	case unix.NLMSG_NOOP:
	case unix.NLMSG_DONE, unix.NLMSG_ERROR:
		a.done = true
		err := failure(kind, flags, body)
		if a.err == nil {
			a.err = err
		}
	default:
		if a.err == nil {
			a.err = a.each(Message{kind, body})
		}
	}
}

func (a *answer) result() error {
	if a.err == nil && a.interrupted {
		return ErrInterrupted
	}
	return a.err
}

// failure is the error in the last message of an answer, nil if all went well.
func failure(kind, flags uint16, body []byte) error {
	if len(body) < 4 {
		if kind == unix.NLMSG_DONE && len(body) == 0 {
			return nil
		}
		return fmt.Errorf("the kernel's verdict has %d bytes, not 4", len(body))
	}
	number := int32(binary.NativeEndian.Uint32(body))
	if number >= 0 {
		return nil
	}
	errno := unix.Errno(-int64(number))
	if text := words(kind, flags, body[4:]); text != "" {
		return fmt.Errorf("%w: %s", errno, text)
	}
	return errno
}

// words are what the kernel says about an error (NLMSGERR_ATTR_MSG), if it does.
func words(kind, flags uint16, rest []byte) string {
	if flags&unix.NLM_F_ACK_TLVS == 0 {
		return ""
	}
	if kind == unix.NLMSG_ERROR { // the request comes first, or its header only
		length := messageHeader
		if flags&unix.NLM_F_CAPPED == 0 && len(rest) >= 4 {
			length = int(min(binary.NativeEndian.Uint32(rest), uint32(len(rest))))
		}
		rest = rest[min(align(length), len(rest)):]
	}
	for a := Walk(rest); a.Next(); {
		if a.Type() == unix.NLMSGERR_ATTR_MSG {
			return string(a.Text())
		}
	}
	return ""
}
