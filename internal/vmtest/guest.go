package vmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// outputLine is the guest's serial line for frames. The kernel's console is the
// first one.
const outputLine = "/dev/ttyS1"

// IsGuest tells whether this process is the first one of a guest. Then
// [RunGuest] must be called at once.
func IsGuest() bool {
	_, err := os.Stat(orderFile)
	return os.Getpid() == 1 && err == nil
}

// RunGuest is the life of the first process of a guest: it prepares the system,
// runs the ordered program, sends back what is wanted and switches the machine
// off. It does not return.
func RunGuest() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "vmtest: guest:", err)
	}
	syscall.Sync()
	// only returns if it fails; then the kernel panics, which ends qemu too
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

func serve() error {
	if err := mountAll(); err != nil {
		return err
	}
	line, err := os.OpenFile(outputLine, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return fmt.Errorf("open serial line: %w", err)
	}
	if err := makeRaw(line); err != nil {
		return fmt.Errorf("prepare serial line: %w", err)
	}
	sender := &frameSender{w: line}
	status, back, err := obey(sender)
	if err != nil {
		sender.send(frame{frameFailed, []byte(err.Error())})
		return sender.err
	}
	for i, name := range back {
		sender.sendFile(byte(i), name)
	}
	sender.send(frame{frameStatus, []byte{byte(status), byte(status >> 8), 0, 0}})
	if sender.err == nil {
		sender.err = drainLine(line)
	}
	return sender.err
}

func obey(sender *frameSender) (int, []string, error) {
	text, err := os.ReadFile(orderFile)
	if err != nil {
		return 0, nil, err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return 0, nil, fmt.Errorf("parse order: %w", err)
	}
	// the machine's own clock has no zone and may be off
	now := syscall.NsecToTimeval(time.Unix(o.UnixTime, 0).UnixNano())
	if err := syscall.Settimeofday(&now); err != nil {
		return 0, nil, fmt.Errorf("set clock: %w", err)
	}
	if err := prepareSystem(); err != nil {
		return 0, nil, err
	}
	status, err := runOrder(o, sender)
	return status, o.Back, err
}

// A frameSender sends frames from any number of goroutines. The first error
// stays.
type frameSender struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (s *frameSender) send(f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = writeFrame(s.w, f)
	}
}

// copy sends all that can be read, in frames of one kind that begin with
// prefix.
func (s *frameSender) copy(kind frameKind, r io.Reader, prefix ...byte) {
	buffer := make([]byte, maxFrame/2)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			s.send(frame{kind, append(prefix[:len(prefix):len(prefix)], buffer[:n]...)})
		}
		if err != nil {
			return
		}
	}
}

func (s *frameSender) sendFile(number byte, name string) {
	file, err := os.Open(name)
	if err != nil {
		return // the program did not write it
	}
	defer file.Close()
	// even an empty file shall be there
	s.send(frame{frameFile, []byte{number}})
	s.copy(frameFile, file, number)
}
