package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/logline/datagram"
)

// Socket is where systemd-journald takes entries.
const Socket = "/run/systemd/journal/socket"

// A Config says where and as whom to write. The zero value is good.
type Config struct {
	// Socket is the path of the journal's socket; empty means Socket.
	Socket string
	// Identifier is the name of the program; empty means "dropwatch".
	Identifier string
	// Facility is the number of the syslog facility; 0 means 3, daemon.
	Facility int
}

// A Destination writes records to the journal. It connects with the first record,
// and anew with the next one after an error. It is for one goroutine at a time, and
// meant to be behind a [logline.Queue].
type Destination struct {
	c      Config
	socket *datagram.Socket // nil when there is no connection
	b      []byte
}

// New makes a destination. It does not connect.
func New(c Config) *Destination {
	if c.Socket == "" {
		c.Socket = Socket
	}
	if c.Identifier == "" {
		c.Identifier = "dropwatch"
	}
	if c.Facility == 0 {
		c.Facility = 3
	}
	return &Destination{c: c}
}

// Write sends records and waits until journald has read them.
func (d *Destination) Write(ctx context.Context, records []logline.Record) (int, error) {
	old := d.socket != nil
	n, err := d.deliver(ctx, records)
	if err == nil || !old || ctx.Err() != nil {
		return n, err
	}
	// A journald that was restarted is no failure if it is there again.
	more, err := d.deliver(ctx, records[n:])
	return n + more, err
}

func (d *Destination) deliver(ctx context.Context, records []logline.Record) (int, error) {
	if d.socket == nil {
		if err := d.dial(); err != nil {
			return 0, err
		}
	}
	n, err := d.socket.Deliver(ctx, len(records), func(i int) ([]byte, error) {
		d.b = appendEntry(d.b[:0], d.c.Identifier, d.c.Facility, &records[i])
		return d.b, nil
	})
	if err != nil {
		d.Close()
	}
	return n, err
}

func (d *Destination) dial() error {
	socket, err := datagram.Dial(d.c.Socket)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; is systemd-journald running? Without it, log to syslog or file:PATH", err)
	}
	if err != nil {
		return err
	}
	socket.Large = sealed
	d.socket = socket
	return nil
}

// Close ends the connection. It may be called twice.
func (d *Destination) Close() error {
	if d.socket == nil {
		return nil
	}
	err := d.socket.Close()
	d.socket = nil
	return err
}

// sealed makes a file in memory that nobody can change any more, which is how
// journald takes entries that are too large for a datagram.
func sealed(entry []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("dropwatch-journal", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "journal entry")
	if _, err := file.Write(entry); err != nil {
		file.Close()
		return nil, fmt.Errorf("write to file in memory: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		file.Close()
		return nil, fmt.Errorf("seal file in memory: %w", err)
	}
	return file, nil
}
