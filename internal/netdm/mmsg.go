package netdm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batchLength = 64
	// An alert with a packet of the greatest length, 65527 bytes, and all its
	// attributes fits. Memory is used only as far as messages fill it.
	alertBytes = 68 << 10
)

// mmsghdr is struct mmsghdr of the kernel.
type mmsghdr struct {
	header unix.Msghdr
	length uint32
}

// A batch is room for the messages of one system call.
type batch struct {
	messages [batchLength]mmsghdr
	vectors  [batchLength]unix.Iovec
	memory   []byte
}

func newBatch() *batch {
	b := &batch{memory: make([]byte, batchLength*alertBytes)}
	for i := range b.messages {
		b.vectors[i].Base = &b.memory[i*alertBytes]
		b.vectors[i].SetLen(alertBytes)
		b.messages[i].header.Iov = &b.vectors[i]
		b.messages[i].header.SetIovlen(1)
	}
	return b
}

// message returns the i-th message of the last call, and whether all of it had
// room.
func (b *batch) message(i int) ([]byte, bool) {
	start := i * alertBytes
	end := start + min(int(b.messages[i].length), alertBytes)
	return b.memory[start:end:end], b.messages[i].header.Flags&unix.MSG_TRUNC == 0
}

// receiveBatch reads what is there, without waiting: recvmmsg(2).
func receiveBatch(fd uintptr, b *batch) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd,
		uintptr(unsafe.Pointer(&b.messages[0])), batchLength, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
