package owner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strconv"
	"time"

	"dropwatch/dropmon"
)

const (
	socketLink = "socket:["
	// readBatch is how many names of descriptors are read at a time.
	readBatch = 4096
	// lastHolder keeps the sockets of services that it started itself.
	lastHolder = "systemd"
)

// scan looks at the descriptors of every process and remembers all sockets.
// What earlier scans saw stays until there is no room.
func (p *Processes) scan() error {
	begin := p.config.Now()
	p.turn++
	p.denied, p.limited = 0, false
	p.hidden = p.proc.hidden()
	pids, limited, err := p.proc.pids()
	if err != nil {
		p.pace.scanned(begin, p.config.Now())
		return fmt.Errorf("scan sockets of processes: %w", err)
	}
	p.limited = limited
	p.makeRoom()
	seen := 0
	for _, pid := range pids {
		// Errors other than this are processes that ended meanwhile.
		if err := p.scanProcess(pid, begin, &seen); errors.Is(err, fs.ErrPermission) {
			p.denied++
		}
		if seen >= p.config.MaxSockets {
			p.limited = true
			break
		}
	}
	p.pace.scanned(begin, p.config.Now())
	return nil
}

// makeRoom forgets what the last scan did not see when the index is full.
func (p *Processes) makeRoom() {
	if len(p.sockets) < p.config.MaxSockets {
		return
	}
	maps.DeleteFunc(p.sockets, func(_ uint64, h holder) bool { return h.turn+1 != p.turn })
}

func (p *Processes) scanProcess(pid int, now time.Time, seen *int) error {
	d, err := p.proc.open(strconv.Itoa(pid))
	if err != nil {
		return err
	}
	defer d.close()
	st, err := d.stat()
	if err != nil {
		return err
	}
	owner := &process{Process: dropmon.Process{PID: pid, Name: st.name}, start: st.start}
	p.remember(pid, named{process: owner, checked: now})
	fds, err := d.sub("fd")
	if err != nil {
		return err
	}
	defer fds.Close()
	dirfd := int(fds.Fd())
	for *seen < p.config.MaxSockets {
		names, err := fds.Readdirnames(readBatch)
		for _, name := range names {
			inode, lerr := readLink(dirfd, name, socketLink)
			if errors.Is(lerr, fs.ErrPermission) {
				return lerr
			}
			if lerr != nil {
				continue // no socket, or closed just now
			}
			*seen++
			p.claim(inode, holder{process: owner, fd: name, turn: p.turn, checked: now})
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// claim gives a socket to a process, unless this scan has found a better one.
// Processes come in the order of their pids.
func (p *Processes) claim(inode uint64, h holder) {
	old, ok := p.sockets[inode]
	taken := ok && old.turn == p.turn
	if taken && (old.process.Name != lastHolder || h.process.Name == lastHolder) {
		return
	}
	p.sockets[inode] = h
}
