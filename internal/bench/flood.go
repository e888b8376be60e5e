package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batchSize = 256
	warmUp    = 2000 // packets before the first timed one
	patience  = time.Minute
)

// A flood sends packets of one kind, all of which the kernel drops at one
// place. It is for one goroutine at a time.
type flood struct {
	name  string
	fd    int
	batch []message
}

// message is the kernel's struct mmsghdr.
type message struct {
	header unix.Msghdr
	sent   uint32
}

func newFlood(name string, fd int, payload []byte) *flood {
	vector := &unix.Iovec{Base: &payload[0]}
	vector.SetLen(len(payload))
	f := &flood{name: name, fd: fd, batch: make([]message, batchSize)}
	for i := range f.batch {
		f.batch[i].header.Iov = vector
		f.batch[i].header.SetIovlen(1)
	}
	return f
}

// openNft opens a flood of datagrams that the receiver's rule drops. It must
// be called inside the sender's namespace.
func openNft(to net.IP) (*flood, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open UDP socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte(to.To4())}); err != nil {
		return nil, errors.Join(fmt.Errorf("connect UDP socket: %w", err), unix.Close(fd))
	}
	return newFlood("nft", fd, make([]byte, 18)), nil
}

// openRaw opens a flood of frames of a protocol that nobody handles. It must
// be called inside the sender's namespace.
func openRaw(to net.HardwareAddr) (*flood, error) {
	link, err := net.InterfaceByName(senderLink)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: link.Index}); err != nil {
		return nil, errors.Join(fmt.Errorf("bind packet socket: %w", err), unix.Close(fd))
	}
	frame := make([]byte, 60)
	copy(frame, to)
	copy(frame[6:], link.HardwareAddr)
	frame[12], frame[13] = 0x88, 0xb5 // kept free for experiments
	return newFlood("raw", fd, frame), nil
}

// send sends n packets and returns how many the kernel took.
func (f *flood) send(n int) (sent uint64, err error) {
	end := time.Now().Add(patience)
	for left := n; left > 0; {
		// raw, so that the scheduler of Go adds nothing to the time
		did, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(f.fd),
			uintptr(unsafe.Pointer(&f.batch[0])), uintptr(min(left, len(f.batch))), 0, 0, 0)
		if errno != 0 && errno != unix.EINTR {
			return sent, fmt.Errorf("send %s flood: %w", f.name, errno)
		}
		if errno == 0 {
			sent += uint64(did)
			left -= int(did)
		}
		if time.Now().After(end) {
			return sent, fmt.Errorf("send %s flood: %d of %d packets after %v", f.name, sent, n, patience)
		}
	}
	return sent, nil
}

// timed sends slices of packets and returns the CPU time of the sending thread
// for a packet of each, in ns, and how many packets were sent in all. between
// is called after each slice.
func (f *flood) timed(ctx context.Context, slices, packets int, between func() error) (s series, sent uint64, err error) {
	done := make(chan error, 1)
	go func() {
		// The thread ends with the goroutine: it stays on one CPU.
		runtime.LockOSThread()
		done <- func() error {
			if err := stay(); err != nil {
				return err
			}
			if sent, err = f.send(warmUp); err != nil {
				return err
			}
			for range slices {
				if err := ctx.Err(); err != nil {
					return err
				}
				before := threadTime()
				n, err := f.send(packets)
				used := threadTime() - before
				sent += n
				if err != nil {
					return err
				}
				s = append(s, float64(used)/float64(n))
				if between != nil {
					if err := between(); err != nil {
						return err
					}
				}
			}
			return nil
		}()
	}()
	return s, sent, <-done
}

// stay keeps the calling thread on the last CPU it may use, because moving
// costs time that is not the packets'.
func stay() error {
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("read CPU affinity: %w", err)
	}
	for cpu := range len(allowed) * 64 {
		if allowed.IsSet(cpu) {
			one.Zero()
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("set CPU affinity: %w", err)
	}
	return nil
}

// threadTime is the CPU time of the calling thread.
func threadTime() time.Duration {
	var t unix.Timespec
	// cannot fail: the clock exists on every kernel
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

func (f *flood) close() error { return unix.Close(f.fd) }
