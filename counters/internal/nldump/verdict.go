package nldump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// verdict is the error in the last message of an answer, nil if all went well.
func verdict(kind, flags uint16, data []byte) error {
	if len(data) < 4 {
		if kind == unix.NLMSG_DONE && len(data) == 0 {
			return nil // some dumps end without one
		}
		return fmt.Errorf("the kernel's verdict has %d bytes, not 4", len(data))
	}
	number := int32(binary.NativeEndian.Uint32(data))
	if number >= 0 {
		return nil
	}
	errno := unix.Errno(-int64(number))
	if text := words(kind, flags, data[4:]); text != "" {
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
