package recording

import (
	"fmt"
	"slices"
	"strconv"

	"dropwatch/dropmon"
)

// wanted are the names of what to replay; nothing means all.
type wanted struct {
	netns, devices []string
	found          map[string]bool // of netns and devices
}

func newWanted(o Options) wanted {
	return wanted{netns: o.NetNS, devices: o.Devices, found: make(map[string]bool)}
}

// has tells whether a drop is wanted, by the names that were recorded.
func (w *wanted) has(d *dropmon.Drop) bool {
	return w.hasNetNS(d.NetNS.Inode, d.NetNS.Name) && w.hasDevice(d.Interface.Name)
}

func (w *wanted) hasNetNS(inode uint32, name string) bool {
	if len(w.netns) == 0 {
		return true
	}
	for _, text := range []string{name, strconv.FormatUint(uint64(inode), 10)} {
		if text != "" && inode != 0 && slices.Contains(w.netns, text) {
			w.found["namespace "+text] = true
			return true
		}
	}
	return false
}

func (w *wanted) hasDevice(name string) bool {
	if len(w.devices) == 0 {
		return true
	}
	if name == "" || !slices.Contains(w.devices, name) {
		return false
	}
	w.found["interface "+name] = true
	return true
}

// notes say what was asked for in vain.
func (w *wanted) notes() []string {
	var notes []string
	look := func(kind string, names []string) {
		for _, name := range names {
			if key := kind + " " + name; !w.found[key] {
				notes = append(notes, fmt.Sprintf("the recording has no drop of %s", key))
			}
		}
	}
	look("namespace", w.netns)
	look("interface", w.devices)
	return notes
}
