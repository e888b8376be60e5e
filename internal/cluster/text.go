package cluster

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/peer/record"
)

// Text writes one of the texts by its name: hosts, uptime, who, net, disk, mem,
// drops, members. Their lines have at most 80 columns, but for a longer word.
func Text(what string, v *View, w io.Writer) error {
	switch what {
	case "hosts":
		return v.WriteHosts(w)
	case "uptime":
		return v.WriteUptime(w)
	case "who":
		return WriteWho(w, v.Logins())
	case "net":
		return v.WriteNet(w)
	case "disk":
		return v.WriteDisk(w)
	case "mem":
		return v.WriteMem(w)
	case "drops":
		return v.Drops().Write(w)
	case "members":
		return v.WriteMembers(w)
	}
	return fmt.Errorf("show %q of the peers: use one of %s", what, strings.Join(Texts(), ", "))
}

// Texts are the names of all texts.
func Texts() []string {
	return []string{"hosts", "uptime", "who", "net", "disk", "mem", "drops", "members"}
}

// WriteUptime writes a line for each host: up or down since, users, load. Those
// that are down come first.
func (v *View) WriteUptime(w io.Writer) error {
	t := new(table)
	for _, h := range v.by(func(h *Host) int { return h.rank(nil) }) {
		s := h.status()
		if !h.Up {
			t.add(h.Name, "down", span(v.Time.Sub(h.Last)))
			continue
		}
		since := unknown
		if s.Uptime != nil {
			since = span(time.Duration(*s.Uptime) * time.Second)
		}
		t.add(h.Name, "up", since, number(s.UserCount)+" users", "load "+load(s.Load1)+", "+load(s.Load5)+", "+load(s.Load15))
	}
	return v.write(w, t)
}

// write writes a table, or says why there is none.
func (v *View) write(w io.Writer, t *table) error {
	if len(v.Hosts) == 0 {
		_, err := io.WriteString(w, "no host was heard yet\n")
		return err
	}
	return t.write(w)
}

// A Login is a user at a host.
type Login struct {
	Host string `json:"host"`
	record.User
}

// Logins are the users of all hosts that are up, the least idle first.
func (v *View) Logins() []Login {
	list := []Login{}
	for _, h := range v.Hosts {
		if h.Up {
			for _, u := range h.status().Users {
				list = append(list, Login{h.Name, u})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Login) int { return cmp.Compare(idle(a.User), idle(b.User)) })
	return list
}

func idle(u record.User) uint64 {
	if u.Idle == nil {
		return ^uint64(0)
	}
	return *u.Idle
}

// WriteWho writes a line for each of them.
func WriteWho(w io.Writer, list []Login) error {
	t := new(table)
	for _, l := range list {
		since, away := unknown, unknown
		if l.Since != nil {
			since = time.Unix(*l.Since, 0).Local().Format("Jan _2 15:04")
		}
		if l.Idle != nil {
			away = span(time.Duration(*l.Idle) * time.Second)
		}
		t.add(l.Name, l.Host+":"+cmp.Or(l.Terminal, unknown), since, "idle "+away, l.Origin)
	}
	return t.write(w)
}

// by are the hosts in an order: those of a lower rank first.
func (v *View) by(rank func(*Host) int) []*Host {
	list := make([]*Host, len(v.Hosts))
	ranks := make(map[*Host]int, len(list))
	for i := range v.Hosts {
		list[i] = &v.Hosts[i]
		ranks[list[i]] = rank(list[i])
	}
	slices.SortStableFunc(list, func(a, b *Host) int { return cmp.Compare(ranks[a], ranks[b]) })
	return list
}

// rank puts a host that is down before one that stands out, and that before the
// rest.
func (h *Host) rank(outlier map[*Host]bool) int {
	switch {
	case !h.Up:
		return 0
	case outlier[h]:
		return 1
	}
	return 2
}

// outliers are the hosts that are up of which a number is far above that of the
// others.
func (v *View) outliers(number func(*Host) float64) map[*Host]bool {
	var hosts []*Host
	var all []float64
	for i := range v.Hosts {
		if h := &v.Hosts[i]; h.Up {
			hosts = append(hosts, h)
			all = append(all, number(h))
		}
	}
	found := make(map[*Host]bool)
	for i, is := range outliers(all) {
		if is {
			found[hosts[i]] = true
		}
	}
	return found
}

// WriteHosts writes how the hosts are: first those that are down, then those that
// lose far more packets than the others.
func (v *View) WriteHosts(w io.Writer) error {
	t := new(table)
	t.add("HOST", "STATE", "HEARD", "CPU", "MEMORY", "LOST/S", "KERNEL")
	losing := v.outliers(func(h *Host) float64 {
		if d := h.drops(); d.Seconds > 0 {
			return float64(d.Lost) / d.Seconds
		}
		return 0
	})
	maps.DeleteFunc(losing, func(h *Host, _ bool) bool { return h.drops().Lost < fewest })
	for _, h := range v.by(func(h *Host) int { return h.rank(losing) }) {
		state := "down"
		if h.Up {
			state = "up"
		}
		s := h.status()
		var busy *float64
		if s.CPU != nil {
			busy = s.CPU.Busy
		}
		kernel := unknown
		if h.Report != nil && h.Report.Host != nil {
			kernel = cmp.Or(h.Report.Host.Kernel, unknown)
		}
		t.add(h.Name, state, brief(v.Time.Sub(h.Last).Truncate(time.Second).Seconds()),
			percent(busy), percent(used(s.MemoryAvailable, s.MemoryTotal)), h.lostRate(), kernel)
	}
	return v.write(w, t)
}

func used(free, whole *uint64) *float64 {
	f := share(free, whole)
	if f == nil {
		return nil
	}
	*f = 1 - *f
	return f
}

func (h *Host) lostRate() string {
	d := h.drops()
	if d.Seconds <= 0 {
		return unknown
	}
	return fmt.Sprintf("%.1f", float64(d.Lost)/d.Seconds)
}

// WriteNet writes the rates of each interface. Hosts that carry far more than the
// others come first.
func (v *View) WriteNet(w io.Writer) error {
	t := new(table)
	t.add("HOST", "INTERFACE", "RX/S", "TX/S", "RX PKT/S", "TX PKT/S", "SINCE IT WAS MADE")
	busy := v.outliers(func(h *Host) (sum float64) {
		for _, i := range h.status().Interfaces {
			for _, f := range []*float64{i.RxByteRate, i.TxByteRate} {
				if f != nil {
					sum += *f
				}
			}
		}
		return sum
	})
	for _, h := range v.by(func(h *Host) int { return h.rank(busy) }) {
		for _, i := range h.status().Interfaces {
			t.add(h.Name, i.Name, size(rounded(i.RxByteRate)), size(rounded(i.TxByteRate)),
				number(rounded(i.RxPacketRate)), number(rounded(i.TxPacketRate)),
				number(both(i.RxErrors, i.TxErrors))+" errors, "+number(both(i.RxDrops, i.TxDrops))+" drops")
		}
	}
	return v.write(w, t)
}

func rounded(f *float64) *uint64 {
	if f == nil || *f < 0 {
		return nil
	}
	n := uint64(*f + 0.5)
	return &n
}

func both(a, b *uint64) *uint64 {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}

// full is the share from which something is told first.
const full = 0.9

// fullFirst ranks hosts that have something full before the others.
func fullFirst(share *float64) int {
	if share != nil && *share >= full {
		return 0
	}
	return 1
}

// WriteDisk writes each file system, the fullest of a host first. Hosts come
// first of which one is full to 90 %.
func (v *View) WriteDisk(w io.Writer) error {
	t := new(table)
	t.add("HOST", "SIZE", "AVAILABLE", "USED", "MOUNT")
	for _, h := range v.by(func(h *Host) int {
		rank := 1
		for _, f := range h.status().FileSystems {
			rank = min(rank, fullFirst(used(f.Available, f.Total)))
		}
		return rank
	}) {
		for _, f := range h.status().FileSystems {
			t.add(h.Name, size(f.Total), size(f.Available), percent(used(f.Available, f.Total)), f.Mount)
		}
	}
	return v.write(w, t)
}

// WriteMem writes memory and swap. Hosts come first whose memory is in use to
// 90 %.
func (v *View) WriteMem(w io.Writer) error {
	t := new(table)
	t.add("HOST", "MEMORY", "AVAILABLE", "USED", "SWAP", "FREE")
	for _, h := range v.by(func(h *Host) int { return fullFirst(used(h.status().MemoryAvailable, h.status().MemoryTotal)) }) {
		s := h.status()
		t.add(h.Name, size(s.MemoryTotal), size(s.MemoryAvailable), percent(used(s.MemoryAvailable, s.MemoryTotal)), size(s.SwapTotal), size(s.SwapAvailable))
	}
	return v.write(w, t)
}
