package nldump

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A kernel plays the other end of a netlink socket.
type kernel struct {
	t   *testing.T
	far *os.File
}

func pair(t *testing.T, bufferBytes int) (*Conn, *kernel) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	c, err := newConn(near, bufferBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); far.Close() })
	return c, &kernel{t, far}
}

// answers sends datagrams. The socket holds them until they are read.
func (k *kernel) answers(datagrams ...[]byte) {
	k.t.Helper()
	for _, d := range datagrams {
		if _, err := k.far.Write(d); err != nil {
			k.t.Fatal(err)
		}
	}
}

// message builds a netlink message, with its padding.
func message(kind, flags uint16, sequence uint32, data ...byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(messageHeader+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, data...)
	return append(b, make([]byte, align(len(data))-len(data))...)
}

// row is a message with something to tell.
func row(flags uint16, sequence uint32, data string) []byte {
	return message(16, unix.NLM_F_MULTI|flags, sequence, []byte(data)...)
}

// done ends a dump, with 0 or a negative errno.
func done(sequence uint32, errno int32) []byte {
	return message(unix.NLMSG_DONE, unix.NLM_F_MULTI, sequence, Uint32(uint32(errno))...)
}

// failed refuses the first request.
func failed(errno unix.Errno, flags uint16, rest ...byte) []byte {
	return message(unix.NLMSG_ERROR, flags, 1, append(Uint32(uint32(-int32(errno))), rest...)...)
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }
