package statedir

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
)

const (
	// dropsSuffix of the file of a host's drops, oldSuffix of the one before.
	dropsSuffix = ".drops"
	oldSuffix   = ".drops.1"
)

// How much is kept of the drops of hosts.
const (
	DropsBytes    = 64 << 20 // of all hosts, unless told otherwise
	maxHostDrops  = 1 << 20  // of one
	leastHostDrop = 32 << 10 // of one, however many there are
)

// A memory is the drops of all hosts that a Dir keeps.
type memory struct {
	limit int64 // 0 for DropsBytes
	total int64
	hosts map[identity.ID]*hostDrops // nil before the first use
}

// hostDrops are the two files of a host.
type hostDrops struct {
	tiling
	size, old int64 // bytes of whole lines
}

// LimitDrops sets how many bytes AppendDrops keeps of all hosts together; 0
// means DropsBytes. Each host can have its share, from 32 KiB to 1 MiB.
func (d *Dir) LimitDrops(bytes int64) {
	d.past.Lock()
	defer d.past.Unlock()
	d.memory.limit = bytes
}

// AppendDrops keeps the drops of a peer's record for ReadDrops. It may be given
// every record, also the same one again with more of its parts: it keeps one when
// the time its drops tell of has passed since the one kept before, so that the
// windows of those that are kept lie side by side; see [Tile]. What is lost with
// a record leaves a gap. A record without drops is none.
//
// The oldest drops of a host go when it has used up its share; see LimitDrops. On
// a full disk there is an error, and what was kept stays.
func (d *Dir) AppendDrops(p *Peer) error {
	if p.ID.IsZero() {
		return errors.New("keep drops: no host id")
	}
	d.past.Lock()
	defer d.past.Unlock()
	if err := d.appendDrops(p); err != nil {
		return fmt.Errorf("keep drops of %s: %w", p.ID, err)
	}
	return nil
}

func (d *Dir) appendDrops(p *Peer) error {
	if d.memory.hosts == nil {
		if err := d.loadDrops(); err != nil {
			return err
		}
	}
	h := d.memory.hosts[p.ID]
	if h != nil && h.late != nil && newer(p, h.late) {
		late := h.late
		h.late = nil
		if err := d.appendTile(h, late); err != nil {
			return err
		}
	}
	if p.Report == nil || p.Report.Drops == nil {
		return nil
	}
	if h == nil {
		h = new(hostDrops)
		d.memory.hosts[p.ID] = h
	}
	if !whole(p) {
		h.late = p
		return nil
	}
	h.late = nil
	return d.appendTile(h, p)
}

func (d *Dir) appendTile(h *hostDrops, p *Peer) error {
	tile := h.next(p)
	if tile == nil {
		return nil
	}
	share := d.memory.share()
	line, err := formatTile(tile, int(min(maxTile, share/4)))
	if err != nil {
		return err
	}
	if err := d.makeRoom(p.ID, h, int64(len(line)), share); err != nil {
		return err
	}
	if err := d.appendLine(p.ID, h, line); err != nil {
		return err
	}
	h.made(tile)
	return nil
}

// share is what one host may use.
func (m *memory) share() int64 {
	all := cmp.Or(m.limit, DropsBytes)
	return min(max(all/int64(max(len(m.hosts), 1)), leastHostDrop), maxHostDrops)
}

// makeRoom lets the oldest half of a host's drops go when its share is used up,
// and that of the host that has most when all together have too much, as those
// have who came when there were fewer hosts.
func (d *Dir) makeRoom(id identity.ID, h *hostDrops, more, share int64) error {
	m := &d.memory
	if h.size > 0 && h.size+more > share/2 {
		if err := d.root.Rename(dropsName(id), oldName(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		m.total -= h.old
		h.old, h.size = h.size, 0
	}
	for most := cmp.Or(m.limit, DropsBytes); m.total+more > most; {
		largest, victim := int64(0), identity.ID{}
		for other, o := range m.hosts {
			if o.old > largest && o.size+o.old > share {
				largest, victim = o.old, other
			}
		}
		if largest == 0 {
			return nil // nobody has more than the least
		}
		if err := d.root.Remove(oldName(victim)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		m.total -= largest
		m.hosts[victim].old = 0
	}
	return nil
}

// appendLine writes a line at the end of what is whole. What is beyond it is of a
// killed writer and is cut. After an error, as on a full disk, what was written is
// cut again.
func (d *Dir) appendLine(id identity.ID, h *hostDrops, line []byte) (err error) {
	file, err := d.root.OpenFile(dropsName(id), os.O_WRONLY|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < h.size { // somebody took it away
		d.memory.total -= h.size
		h.size = 0
	}
	if h.size == 0 {
		if err := file.Chmod(0o644); err != nil { // whatever the umask is
			return err
		}
	}
	if info.Size() > h.size {
		if err := file.Truncate(h.size); err != nil {
			return err
		}
	}
	if _, err := file.WriteAt(line, h.size); err != nil {
		return errors.Join(err, file.Truncate(h.size))
	}
	h.size += int64(len(line))
	d.memory.total += int64(len(line))
	return nil
}

func dropsName(id identity.ID) string { return id.String() + dropsSuffix }
func oldName(id identity.ID) string   { return id.String() + oldSuffix }

// dropsOf takes the name of a file of drops apart.
func dropsOf(name string) (id identity.ID, old, ok bool) {
	text, old := strings.CutSuffix(name, oldSuffix)
	if !old {
		if text, ok = strings.CutSuffix(name, dropsSuffix); !ok {
			return id, false, false
		}
	}
	id, err := identity.ParseID(text)
	return id, old, err == nil
}

// removeDrops forgets the drops of a host.
func (d *Dir) removeDrops(id identity.ID) error {
	d.past.Lock()
	defer d.past.Unlock()
	if h := d.memory.hosts[id]; h != nil {
		d.memory.total -= h.size + h.old
		delete(d.memory.hosts, id)
	}
	for _, name := range []string{oldName(id), dropsName(id)} {
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
