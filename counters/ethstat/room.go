package ethstat

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	nameBytes = 32 // ETH_GSTRING_LEN
	// maxStats is how many statistics one device may have here. The largest
	// drivers have some thousands.
	maxStats = 32768
)

// A room is memory for the kernel to write into. Some drivers change how many
// statistics they have at any time, and the kernel then writes more than it was
// given room for. So the memory is large, outside the heap, and ends in a page
// that cannot be written: too long an answer is an error and no broken memory.
type room struct {
	memory []byte
	usable int
}

func newRoom() (*room, error) {
	page := os.Getpagesize()
	usable := (maxStats*nameBytes + 2*page) &^ (page - 1)
	memory, err := unix.Mmap(-1, 0, usable+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("get memory for statistics: %w", err)
	}
	r := &room{memory, usable}
	if err := unix.Mprotect(memory[usable:], unix.PROT_NONE); err != nil {
		// The first error says more.
		_ = r.close()
		return nil, fmt.Errorf("protect memory for statistics: %w", err)
	}
	return r, nil
}

func (r *room) close() error {
	if r.memory == nil {
		return nil
	}
	memory := r.memory
	r.memory, r.usable = nil, 0
	if err := unix.Munmap(memory); err != nil {
		return fmt.Errorf("free memory for statistics: %w", err)
	}
	return nil
}

// words sets the first numbers of the room.
func (r *room) words(values ...uint32) {
	for i, v := range values {
		binary.NativeEndian.PutUint32(r.memory[4*i:], v)
	}
}

func (r *room) word(i int) uint32 { return binary.NativeEndian.Uint32(r.memory[4*i:]) }

// ifreq is struct ifreq of the kernel, with a pointer in its union.
type ifreq struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte
}

// ethtool asks the driver of an interface; question and answer are in the room.
func (r *room) ethtool(fd uintptr, name string) error {
	if len(name) >= unix.IFNAMSIZ {
		return fmt.Errorf("name %q is longer than those of interfaces", name)
	}
	request := ifreq{data: unsafe.Pointer(&r.memory[0])}
	copy(request.name[:], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}
