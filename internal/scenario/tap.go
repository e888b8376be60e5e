package scenario

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// tap makes a tap device in a node: a wire to nowhere. What is sent there
// waits to be read from the file, and is no drop. Its 500 places are enough
// for every scenario that does not want it full.
func (l *Lab) tap(n Node, more ...change) (*os.File, error) {
	var file *os.File
	err := l.Do(n, func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("open /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(tapName)
		if err != nil {
			return err
		}
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETIFINDEX, int(indexOf(tapName))); err != nil {
			unix.Close(fd)
			return fmt.Errorf("choose index of tap device: %w", err)
		}
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			unix.Close(fd)
			return fmt.Errorf("make tap device: %w", err)
		}
		file = os.NewFile(uintptr(fd), tapName)
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.onClose(func() error { return errors.Join(drainTap(file), file.Close()) })
	return file, l.change(n, append([]change{upQuiet(tapName)}, more...)...)
}

// drainTap reads what waits in a tap, which would be dropped when it is closed.
func drainTap(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	frame := make([]byte, 2048)
	return raw.Control(func(fd uintptr) {
		for err == nil {
			_, err = unix.Read(int(fd), frame) // it does not block
		}
	})
}

// readAnswers reads frames from a tap until every one of ports was the
// destination of a TCP segment, and returns the segments' sequence numbers.
func readAnswers(file *os.File, ports []uint16) (map[uint16]uint32, error) {
	if err := file.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, fmt.Errorf("set deadline: %w", err)
	}
	answers := map[uint16]uint32{}
	frame := make([]byte, 2048)
	for len(answers) < len(ports) {
		n, err := file.Read(frame)
		if err != nil {
			return nil, fmt.Errorf("read answers from tap after %d of %d: %w", len(answers), len(ports), err)
		}
		if port, seq, ok := parseAnswer(frame[:n]); ok {
			answers[port] = seq
		}
	}
	return answers, nil
}

// parseAnswer finds destination port and sequence number in a frame that holds
// an IPv4 or IPv6 TCP segment without IP options.
func parseAnswer(frame []byte) (port uint16, seq uint32, ok bool) {
	if len(frame) < 14+40+20 {
		frame = append(frame[:len(frame):len(frame)], make([]byte, 14+40+20-len(frame))...)
	}
	var segment []byte
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP:
		ok, segment = frame[14] == 0x45 && frame[14+9] == unix.IPPROTO_TCP, frame[14+20:]
	case unix.ETH_P_IPV6:
		ok, segment = frame[14+6] == unix.IPPROTO_TCP, frame[14+40:]
	default:
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(segment[2:]), binary.BigEndian.Uint32(segment[4:]), ok
}
