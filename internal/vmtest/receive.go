package vmtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A receiver takes the frames of a guest apart.
type receiver struct {
	back           []File
	stdout, stderr io.Writer

	created map[byte]bool
	exit    int
	done    bool
	failure string // why the program was not started
	err     error
}

func newReceiver(back []File, stdout, stderr io.Writer) *receiver {
	return &receiver{back: back, stdout: stdout, stderr: stderr, created: map[byte]bool{}}
}

// receive reads until the guest is done or gone.
func (r *receiver) receive(from io.Reader) error {
	for !r.done && r.failure == "" {
		f, err := readFrame(from)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *receiver) take(f frame) error {
	var err error
	switch f.kind {
	case frameStdout:
		_, err = r.stdout.Write(f.data)
	case frameStderr:
		_, err = r.stderr.Write(f.data)
	case frameStatus:
		r.exit, r.done = int(binary.LittleEndian.Uint32(f.data)), true
	case frameFailed:
		r.failure = string(f.data)
	case frameFile:
		err = r.keep(f.data[0], f.data[1:])
	}
	return err
}

// keep appends to a file that the guest sends back.
func (r *receiver) keep(number byte, data []byte) error {
	if int(number) >= len(r.back) {
		return fmt.Errorf("guest sends file %d of %d", number, len(r.back))
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !r.created[number] {
		mode |= os.O_TRUNC
		r.created[number] = true
	}
	file, err := os.OpenFile(r.back[number].Host, mode, 0o644)
	if err != nil {
		return fmt.Errorf("keep file of guest: %w", err)
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// status judges how the run ended.
func (r *receiver) status(ctx context.Context, console string) (int, error) {
	switch {
	case r.err != nil:
		return 0, &Failure{r.err, tail(console)}
	case r.done:
		return r.exit, nil
	case r.failure != "":
		return 0, &Failure{fmt.Errorf("%w: %s", ErrNoProgram, r.failure), tail(console)}
	case ctx.Err() != nil:
		return 0, &Failure{ErrTimeout, tail(console)}
	}
	return 0, &Failure{ErrDied, tail(console)}
}

// tailLines is how much of the console a failure shows.
const tailLines = 40

func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
