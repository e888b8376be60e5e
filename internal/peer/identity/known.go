package identity

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// DefaultMaxHosts is how many keys are known if a Policy does not tell.
const DefaultMaxHosts = 4096

// maxName is the longest name of a host in bytes; longer ones are refused.
const maxName = 255

// Reasons to refuse a key.
var (
	ErrNotAllowed = errors.New("host key is not on the allow list")
	ErrNotKnown   = errors.New("host key is not known, and first use is not accepted")
	ErrTooMany    = errors.New("as many hosts are known as are allowed")
	ErrChanged    = errors.New("host name belongs to another key")
	ErrName       = errors.New("host name is empty or too long")
)

// A Policy says which keys are accepted.
type Policy struct {
	// FirstUse accepts a key that is new under a name that is new.
	FirstUse bool
	// Allow lists ids that are accepted. When it is not empty nobody else is,
	// not even hosts already known.
	Allow []ID
	// MaxHosts is the largest number of known hosts; 0 is DefaultMaxHosts.
	MaxHosts int
}

// A Host is a key that was accepted, and the name it was accepted under.
type Host struct {
	ID   ID
	Name string
	Key  ed25519.PublicKey
}

// Known is the store of known hosts. Its methods may be called concurrently;
// only Save blocks, on the disk.
type Known struct {
	path  string
	allow map[ID]bool
	first bool
	max   int

	saving sync.Mutex // one Save at a time

	mu     sync.Mutex
	hosts  map[ID]Host
	names  map[string]ID
	change uint64 // number of changes
	saved  uint64 // of them
}

// OpenKnown reads the known hosts from a file, which need not exist yet. A
// file that is not whole is an error: to go on without it would accept any key
// under any name again.
func OpenKnown(path string, policy Policy) (*Known, error) {
	k := &Known{
		path: path, first: policy.FirstUse, max: cmp.Or(policy.MaxHosts, DefaultMaxHosts),
		hosts: map[ID]Host{}, names: map[string]ID{},
	}
	if len(policy.Allow) > 0 {
		k.allow = map[ID]bool{}
		for _, id := range policy.Allow {
			k.allow[id] = true
		}
	}
	RemoveTemps(path)
	if err := k.load(); err != nil {
		return nil, err
	}
	return k, nil
}

// Lookup returns a host whose key is accepted already.
func (k *Known) Lookup(id ID) (Host, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	host, ok := k.hosts[id]
	return host, ok && (k.allow == nil || k.allow[id])
}

// MayAccept tells, cheaply and before any signature is checked, whether a key
// with this id can be accepted at all. The error is one of the reasons above.
func (k *Known) MayAccept(id ID) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mayAccept(id)
}

func (k *Known) mayAccept(id ID) error {
	_, known := k.hosts[id]
	switch {
	case k.allow != nil && !k.allow[id]:
		return ErrNotAllowed
	case known:
		return nil
	case k.allow == nil && !k.first:
		return ErrNotKnown
	case len(k.hosts) >= k.max:
		return ErrTooMany
	}
	return nil
}

// Accept binds a key to a name, after its owner has proved to have it. A known
// key may take a new name if that is free. A name that belongs to another key
// is refused with ErrChanged: it is somebody else, or the host was set up anew,
// which Forget tells.
func (k *Known) Accept(name string, key ed25519.PublicKey) error {
	if name == "" || len(name) > maxName {
		return ErrName
	}
	id := IDOf(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.mayAccept(id); err != nil {
		return err
	}
	if owner, taken := k.names[name]; taken && owner != id {
		return ErrChanged
	}
	old, known := k.hosts[id]
	if known && old.Name == name {
		return nil
	}
	if known {
		delete(k.names, old.Name)
	}
	k.put(Host{ID: id, Name: name, Key: slices.Clone(key)})
	k.change++
	return nil
}

func (k *Known) put(host Host) {
	k.hosts[host.ID] = host
	k.names[host.Name] = host.ID
}

// Forget removes a host, and tells whether it was known. Its name is free then.
func (k *Known) Forget(id ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	host, ok := k.hosts[id]
	if ok {
		delete(k.hosts, id)
		delete(k.names, host.Name)
		k.change++
	}
	return ok
}

// Owner returns the id of the host that a name belongs to.
func (k *Known) Owner(name string) (ID, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id, ok := k.names[name]
	return id, ok
}

// Hosts returns all known hosts by name.
func (k *Known) Hosts() []Host {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list()
}

func (k *Known) list() []Host {
	hosts := make([]Host, 0, len(k.hosts))
	for _, host := range k.hosts {
		hosts = append(hosts, host)
	}
	slices.SortFunc(hosts, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	return hosts
}

// Save writes what changed since the last Save, if anything did. Call it every
// second or so, and at the end: what a killed agent had not saved is learned
// again from the next record of each host.
func (k *Known) Save() error {
	k.saving.Lock()
	defer k.saving.Unlock()
	k.mu.Lock()
	change, dirty := k.change, k.change != k.saved
	var hosts []Host
	if dirty {
		hosts = k.list()
	}
	k.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := ReplaceFile(k.path, formatHosts(hosts), 0o600); err != nil {
		return fmt.Errorf("save known hosts: %w", err)
	}
	k.mu.Lock()
	k.saved = change
	k.mu.Unlock()
	return nil
}
