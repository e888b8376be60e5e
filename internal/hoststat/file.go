package hoststat

import (
	"bytes"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// maxFile is how much is read of any file, in bytes.
const maxFile = 1 << 20

var errTooLong = errors.New("the file is longer than 1 MiB, the rest was not read")

// A fileReader reads whole files into one buffer.
type fileReader struct{ buffer []byte }

// read returns the text of a file, which is valid until the next call. One that
// is too long comes back cut at a whole line, with errTooLong.
func (f *fileReader) read(path string) ([]byte, error) {
	// A pipe that somebody put in the place of a file must not block.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if f.buffer == nil {
		f.buffer = make([]byte, 8<<10)
	}
	used := 0
	for {
		if used == len(f.buffer) {
			if used >= maxFile {
				return f.buffer[:bytes.LastIndexByte(f.buffer, '\n')+1], errTooLong
			}
			f.buffer = append(f.buffer, make([]byte, len(f.buffer))...)
		}
		n, err := unix.Read(fd, f.buffer[used:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return f.buffer[:used], nil
		default:
			used += n
		}
	}
}
