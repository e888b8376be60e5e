package scenario

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// answerLimit is for an answer of the kernel, which comes at once.
const answerLimit = 10 * time.Second

// talk sends requests to the kernel in one go and returns all answers. Each
// request is carried out, whatever becomes of the others; the first one that
// was refused is told by its number. In a guest this costs a tenth of what a
// connection made for many goroutines does.
func talk(protocol int, requests []netlink.Message) (answers []netlink.Message, failed int, err error) {
	for i := range requests {
		// an answer ends with an acknowledgement, or is a list with an end
		if flags := &requests[i].Header.Flags; *flags&netlink.Dump != netlink.Dump {
			*flags |= netlink.Acknowledge
		}
	}
	return exchange(protocol, requests, len(requests))
}

// exchange sends requests that are answered by a number of ends.
func exchange(protocol int, requests []netlink.Message, ends int) (answers []netlink.Message, failed int, err error) {
	failed = len(requests)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, failed, fmt.Errorf("open netlink socket: %w", err)
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(answerLimit.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return nil, failed, fmt.Errorf("limit netlink socket: %w", err)
	}
	text, err := joinRequests(requests)
	if err != nil {
		return nil, failed, err
	}
	if err := unix.Sendto(fd, text, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, failed, fmt.Errorf("send to kernel: %w", err)
	}
	return listenTo(fd, failed, ends)
}

// joinRequests numbers requests and puts them behind one another.
func joinRequests(requests []netlink.Message) ([]byte, error) {
	var text []byte
	for i, m := range requests {
		m.Header.Flags |= netlink.Request
		m.Header.Sequence = uint32(i)
		for len(m.Data)%unix.NLMSG_ALIGNTO != 0 {
			m.Data = append(m.Data, 0)
		}
		m.Header.Length = uint32(unix.NLMSG_HDRLEN + len(m.Data))
		one, err := m.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		text = append(text, one...)
	}
	return text, nil
}

// listenTo reads until as many answers have come to an end.
func listenTo(fd, failed, ends int) (answers []netlink.Message, _ int, err error) {
	buffer := make([]byte, 1<<16)
	for ended := 0; ended < ends; {
		n, _, readErr := unix.Recvfrom(fd, buffer, 0)
		if errors.Is(readErr, unix.EINTR) {
			continue
		}
		if readErr != nil {
			return nil, failed, errors.Join(err, fmt.Errorf("read answer of kernel: %w", readErr))
		}
		messages, parseErr := parseMessages(buffer[:n])
		if parseErr != nil {
			return nil, failed, errors.Join(err, parseErr)
		}
		for _, m := range messages {
			if m.Header.Type != netlink.Done && m.Header.Type != netlink.Error {
				answers = append(answers, m)
				continue
			}
			ended++
			if refusal := parseRefusal(m); refusal != nil && err == nil {
				failed, err = int(m.Header.Sequence), refusal
			}
		}
	}
	return answers, failed, err
}

// parseMessages takes what was read apart. The messages keep copies.
func parseMessages(text []byte) ([]netlink.Message, error) {
	var messages []netlink.Message
	for len(text) > 0 {
		if len(text) < unix.NLMSG_HDRLEN {
			return nil, fmt.Errorf("parse answer of kernel: %d bytes left", len(text))
		}
		length := int(binary.NativeEndian.Uint32(text))
		if length < unix.NLMSG_HDRLEN || length > len(text) {
			return nil, fmt.Errorf("parse answer of kernel: message of %d bytes in %d", length, len(text))
		}
		messages = append(messages, netlink.Message{
			Header: netlink.Header{
				Length:   uint32(length),
				Type:     netlink.HeaderType(binary.NativeEndian.Uint16(text[4:])),
				Flags:    netlink.HeaderFlags(binary.NativeEndian.Uint16(text[6:])),
				Sequence: binary.NativeEndian.Uint32(text[8:]),
				PID:      binary.NativeEndian.Uint32(text[12:]),
			},
			Data: append([]byte(nil), text[unix.NLMSG_HDRLEN:length]...),
		})
		text = text[min(len(text), (length+3)&^3):]
	}
	return messages, nil
}

// parseRefusal reads the number at the beginning of an end: 0, or an error
// with its sign changed.
func parseRefusal(m netlink.Message) error {
	if len(m.Data) < 4 {
		return fmt.Errorf("parse answer of kernel: end of %d bytes", len(m.Data))
	}
	if number := int32(binary.NativeEndian.Uint32(m.Data)); number < 0 {
		return unix.Errno(-number)
	}
	return nil
}
