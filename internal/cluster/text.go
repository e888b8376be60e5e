package cluster

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"dropwatch/internal/peer/record"
)

// WriteUptime writes a line for each host: up or down since, users, load.
func (v *View) WriteUptime(w io.Writer) error {
	t := new(table)
	for _, h := range v.Hosts {
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

// WriteHosts writes what hosts are.
func (v *View) WriteHosts(w io.Writer) error {
	t := new(table)
	t.add("HOST", "STATE", "HEARD", "ROLE", "KERNEL", "CPU", "MEMORY", "LOST/S", "ID")
	for _, h := range v.Hosts {
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
		t.add(h.Name, state, v.Time.Sub(h.Last).Truncate(time.Second).String(), h.Role, kernel,
			percent(busy), percent(used(s.MemoryAvailable, s.MemoryTotal)), h.lostRate(), h.ID.String())
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

// WriteNet writes the rates of each interface that is up.
func (v *View) WriteNet(w io.Writer) error {
	t := new(table)
	t.add("HOST", "INTERFACE", "RX/S", "TX/S", "RX PACKETS/S", "TX PACKETS/S", "ERRORS", "DROPS")
	for _, h := range v.Hosts {
		for _, i := range h.status().Interfaces {
			t.add(h.Name, i.Name, size(rounded(i.RxByteRate)), size(rounded(i.TxByteRate)),
				number(rounded(i.RxPacketRate)), number(rounded(i.TxPacketRate)), number(both(i.RxErrors, i.TxErrors)), number(both(i.RxDrops, i.TxDrops)))
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

// WriteDisk writes each file system, the fullest of a host first.
func (v *View) WriteDisk(w io.Writer) error {
	t := new(table)
	t.add("HOST", "MOUNT", "SIZE", "AVAILABLE", "USED")
	for _, h := range v.Hosts {
		for _, f := range h.status().FileSystems {
			t.add(h.Name, f.Mount, size(f.Total), size(f.Available), percent(used(f.Available, f.Total)))
		}
	}
	return v.write(w, t)
}

// WriteMem writes memory and swap.
func (v *View) WriteMem(w io.Writer) error {
	t := new(table)
	t.add("HOST", "MEMORY", "AVAILABLE", "USED", "SWAP", "FREE")
	for _, h := range v.Hosts {
		s := h.status()
		t.add(h.Name, size(s.MemoryTotal), size(s.MemoryAvailable), percent(used(s.MemoryAvailable, s.MemoryTotal)), size(s.SwapTotal), size(s.SwapAvailable))
	}
	return v.write(w, t)
}
