package owner

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"dropwatch/dropmon"
)

const (
	// socketRecheck is how long a socket is believed to be held by a process.
	socketRecheck = time.Second
	// socketRetry is the least time until a socket that was not found is
	// looked for again.
	socketRetry = 200 * time.Millisecond
)

// Processes finds the process that holds a socket, by the socket's inode. A
// socket that several processes hold is that of the lowest pid; but a process
// called systemd, which keeps the sockets it starts services for, comes after
// every other. Only the main thread's descriptors are looked at.
//
// The methods may be called from several goroutines; each may block for a scan
// of /proc/PID/fd of all processes.
type Processes struct {
	config Config
	proc   procTree

	mu      sync.Mutex
	sockets map[uint64]holder
	byPID   map[int]named
	turn    uint32 // number of the last scan
	pace    pacer[uint64]
	denied  int
	limited bool
	hidden  string
}

// A process is one run of a program; start tells it from a later one with the
// same pid.
type process struct {
	dropmon.Process
	start uint64
}

// A holder is a process and its descriptor of a socket.
type holder struct {
	process *process
	fd      string
	turn    uint32 // the scan that saw it
	gone    bool   // the descriptor was closed or the process ended
	checked time.Time
}

type named struct {
	*process
	checked time.Time
}

// NewProcesses returns an index that scans when it is asked.
func NewProcesses(c Config) *Processes {
	c = c.withDefaults()
	return &Processes{
		config:  c,
		proc:    procTree{root: c.Proc, max: c.MaxProcesses},
		sockets: make(map[uint64]holder),
		byPID:   make(map[int]named),
		pace:    pacer[uint64]{base: socketRetry},
	}
}

// Prime scans once, so that processes that end soon are known.
func (p *Processes) Prime() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.scan()
}

// Lookup returns the process that holds the socket with an inode. A socket
// that is not known causes a scan, unless the last one is too recent or did not
// find it either. The answer for a socket that was closed is the process that
// held it last.
func (p *Processes) Lookup(inode uint64) (dropmon.Process, bool) {
	if inode == 0 {
		return dropmon.Process{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.config.Now()
	h, ok := p.sockets[inode]
	if ok && p.holds(inode, &h, now) {
		return h.process.Process, true
	}
	if p.pace.due(inode, now) {
		// A failed scan is like one that found nothing: there is nobody to tell.
		_ = p.scan()
		h, ok = p.sockets[inode]
		if !ok || h.turn != p.turn {
			p.pace.missed(inode, now)
		} else {
			p.pace.found(inode)
		}
	}
	if !ok {
		return dropmon.Process{}, false
	}
	return h.process.Process, true
}

// holds checks, once in a while, that the process still has the socket: a
// service may have passed it on.
func (p *Processes) holds(inode uint64, h *holder, now time.Time) bool {
	if h.gone || now.Sub(h.checked) < socketRecheck {
		return !h.gone
	}
	h.gone = !p.verify(inode, *h)
	h.checked = now
	p.sockets[inode] = *h
	return !h.gone
}

func (p *Processes) verify(inode uint64, h holder) bool {
	d, err := p.proc.open(strconv.Itoa(h.process.PID))
	if err != nil {
		return false
	}
	defer d.close()
	st, err := d.stat()
	if err != nil || st.start != h.process.start {
		return false
	}
	h.process.Name = st.name // it may have run another program since
	got, err := d.link("fd/"+h.fd, socketLink)
	return err == nil && got == inode
}

// ProcessByPID returns the process with a pid, or the one that had it if there
// is none now. It believes what it knows for a second.
func (p *Processes) ProcessByPID(pid int) (dropmon.Process, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.config.Now()
	n, ok := p.byPID[pid]
	if ok && now.Sub(n.checked) < socketRecheck {
		return n.process.Process, true
	}
	if found := p.read(pid); found != nil {
		n, ok = named{process: found}, true
	}
	if !ok {
		return dropmon.Process{}, false
	}
	n.checked = now
	p.remember(pid, n)
	return n.process.Process, true
}

func (p *Processes) remember(pid int, n named) {
	if len(p.byPID) >= 2*p.config.MaxProcesses {
		clear(p.byPID)
	}
	p.byPID[pid] = n
}

func (p *Processes) read(pid int) *process {
	d, err := p.proc.open(strconv.Itoa(pid))
	if err != nil {
		return nil
	}
	defer d.close()
	st, err := d.stat()
	if err != nil {
		return nil
	}
	return &process{Process: dropmon.Process{PID: pid, Name: st.name}, start: st.start}
}

// Restricted tells, in a sentence, which processes stay unknown for lack of
// privileges or because of a limit, as far as the scans so far have shown.
func (p *Processes) Restricted() (reason string, restricted bool) {
	reasons := p.reasons()
	return strings.Join(reasons, "; "), len(reasons) > 0
}

func (p *Processes) reasons() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var reasons []string
	if p.denied > 0 {
		reasons = append(reasons, "the sockets of "+processCount(p.denied)+" cannot be seen: "+cure("CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"))
	}
	if p.limited {
		reasons = append(reasons, fmt.Sprintf("only %d processes and %d sockets were searched", p.config.MaxProcesses, p.config.MaxSockets))
	}
	if p.hidden != "" {
		reasons = append(reasons, p.hidden)
	}
	return reasons
}
