package vmtest

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A frame is what the guest sends through its second serial line: a byte for
// the kind, four for the length (little endian), then the data.
type frame struct {
	kind frameKind
	data []byte
}

type frameKind byte

// The kinds of frames.
const (
	frameStdout frameKind = 1 + iota
	frameStderr
	frameStatus // of the program, as four bytes; the last frame
	frameFailed // the program could not be started; text
	frameFile   // one byte for the number of the file, then a part of it
)

// maxFrame bounds the data of one frame, in bytes.
const maxFrame = 64 << 10

func writeFrame(w io.Writer, f frame) error {
	message := make([]byte, 5, 5+len(f.data))
	message[0] = byte(f.kind)
	binary.LittleEndian.PutUint32(message[1:], uint32(len(f.data)))
	_, err := w.Write(append(message, f.data...))
	return err
}

// readFrame returns io.EOF where no frame begins.
func readFrame(r io.Reader) (frame, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: frameKind(header[0])}
	size := binary.LittleEndian.Uint32(header[1:])
	if f.kind < frameStdout || f.kind > frameFile || size > maxFrame {
		return frame{}, fmt.Errorf("read frame: kind %d with %d bytes", f.kind, size)
	}
	f.data = make([]byte, size)
	if _, err := io.ReadFull(r, f.data); err != nil {
		return frame{}, fmt.Errorf("read frame: %w", io.ErrUnexpectedEOF)
	}
	if f.kind == frameStatus && size != 4 || f.kind == frameFile && size == 0 {
		return frame{}, fmt.Errorf("read frame: kind %d with %d bytes", f.kind, size)
	}
	return f, nil
}
