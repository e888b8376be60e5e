package cluster

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"dropwatch/internal/peer/identity"
)

// A Member is a host as the cluster knows it.
type Member struct {
	Host string      `json:"host"`
	ID   identity.ID `json:"id"`
	Up   bool        `json:"up"` // records come
	// State is what the membership tells: self, alive, gone. Hosts that only
	// send are not members and have none.
	State   string `json:"state,omitempty"`
	Role    string `json:"role,omitempty"`
	Address string `json:"address,omitempty"`

	First    time.Time `json:"first_heard"`
	Last     time.Time `json:"last_heard"`
	Epoch    uint64    `json:"epoch"`
	Sequence uint64    `json:"sequence"`

	Version string `json:"version,omitempty"`
	// Differs is set when most hosts have another version.
	Differs bool `json:"version_differs,omitempty"`
}

// Members is the list of all hosts.
type Members struct {
	Schema  string    `json:"schema"` // dropwatch.members.v1
	Time    time.Time `json:"time"`
	Version string    `json:"version,omitempty"` // that most hosts have
	Differ  int       `json:"versions_differ"`   // hosts that have another one
	Members []Member  `json:"members"`
}

// Members lists all hosts, those that are down first.
func (v *View) Members() *Members {
	m := &Members{Schema: "dropwatch.members.v1", Time: v.Time, Version: v.version(), Members: []Member{}}
	for _, h := range v.by(func(h *Host) int { return h.rank(nil) }) {
		version := h.version()
		differs := version != "" && version != m.Version
		if differs {
			m.Differ++
		}
		m.Members = append(m.Members, Member{
			Host: h.Name, ID: h.ID, Up: h.Up, State: h.State, Role: h.Role, Address: h.Address,
			First: h.First.UTC(), Last: h.Last.UTC(), Epoch: h.Epoch, Sequence: h.Sequence, Version: version, Differs: differs,
		})
	}
	return m
}

func (h *Host) version() string {
	if h.Report == nil || h.Report.Host == nil {
		return ""
	}
	return h.Report.Host.Version
}

// version is that of most hosts.
func (v *View) version() (most string) {
	sums := make(map[string]int)
	for i := range v.Hosts {
		if version := v.Hosts[i].version(); version != "" {
			sums[version]++
		}
	}
	for version, n := range sums {
		if n > sums[most] || n == sums[most] && version > most {
			most = version
		}
	}
	return most
}

// text is how a member was heard, and its version if most have another one.
func (m *Member) text(now time.Time, most string) string {
	text := brief(now.Sub(m.Last).Seconds()) + " ago"
	if m.Address != "" {
		text += " from " + m.Address
	}
	text += fmt.Sprintf(", record %d/%d", m.Epoch, m.Sequence)
	if !m.First.IsZero() {
		text += ", first " + m.First.Local().Format("2006-01-02 15:04")
	}
	if m.Version != "" {
		text += ", " + m.Version
	}
	if m.Differs {
		text += " (most have " + most + ")"
	}
	return text
}

// WriteMembers writes who is a member, heard how and where, with which version.
func (v *View) WriteMembers(w io.Writer) error {
	t := new(table)
	t.add("HOST", "STATE", "MEMBER", "ROLE", "HEARD")
	m := v.Members()
	for i := range m.Members {
		h := &m.Members[i]
		state := "down"
		if h.Up {
			state = "up"
		}
		t.add(h.Host, state, cmp.Or(h.State, unknown), cmp.Or(h.Role, unknown), h.text(v.Time, m.Version))
	}
	if err := v.write(w, t); err != nil || m.Differ == 0 {
		return err
	}
	_, err := io.WriteString(w, "\n"+paragraph(fmt.Sprintf("versions differ: most hosts have %s, %d not", m.Version, m.Differ)))
	return err
}
