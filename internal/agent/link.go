package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/peer"
)

// A link is this host's part in the exchange with others, as it was configured.
type link struct {
	peers config.Peers
	node  *peer.Node
	inbox *inbox  // nil if nothing is received
	keyed version // of the file of keys
}

// linked is nil without peers.
func (a *Agent) linked() *link {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.link
}

func (a *Agent) setLink(l *link) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link = l
}

// connect takes part in the cluster.
func (a *Agent) connect(c *config.Config) (_ *link, err error) {
	l := &link{peers: c.Peers}
	node := peer.Config{
		Name: c.Host, Mute: c.Peers.Role == config.Mute, Collector: c.Peers.Role == config.Collector,
		Bind: c.Peers.Bind, Collectors: c.Peers.Collectors, Log: a.engineLog(),
	}
	if !c.Peers.Insecure {
		if l.keyed, err = versionOf(c.Peers.KeyFile); err != nil {
			return nil, err
		}
		if node.Keys, err = peer.LoadKeys(c.Peers.KeyFile); err != nil {
			return nil, err
		}
	}
	if !node.Mute {
		if l.inbox, err = a.openInbox(c); err != nil {
			return nil, err
		}
		node.Allow, node.Receive, node.Message = l.inbox.allow, l.inbox.receive, l.inbox.message
	}
	if l.node, err = peer.Start(node); err != nil {
		if l.inbox != nil {
			err = errors.Join(err, l.inbox.close())
		}
		return nil, err
	}
	return l, nil
}

// close ends everything at once.
func (l *link) close() error {
	err := l.node.Close()
	if l.inbox != nil {
		err = errors.Join(err, l.inbox.close())
	}
	return err
}

// leaveTime is how long the others are told that this host goes.
const leaveTime = 2 * time.Second

// exchange takes part until the context ends, and tells the others that it goes.
func (a *Agent) exchange(ctx context.Context) (err error) {
	l := a.linked()
	if l == nil {
		if l, err = a.connect(a.config.Load()); err != nil {
			return err
		}
		a.setLink(l)
	}
	all := newTeam(ctx)
	if l.inbox != nil {
		all.add(func(ctx context.Context) error { return a.keep(ctx, l) })
		all.add(func(ctx context.Context) error { return a.repair(ctx, l) })
		all.add(func(ctx context.Context) error { return a.join(ctx, l) })
	}
	if !l.peers.Insecure {
		all.add(func(ctx context.Context) error { return a.followKeys(ctx, l) })
	}
	<-all.ctx.Done()
	a.setLink(nil)
	err = errors.Join(all.group.Wait(), l.node.Leave(leaveTime))
	return errors.Join(err, l.close())
}

// followKeys uses the keys of the file when it has changed.
func (a *Agent) followKeys(ctx context.Context, l *link) error {
	told := complaint{out: a.out, part: "peers"}
	return a.each(ctx, func(time.Time) error {
		now, err := versionOf(l.peers.KeyFile)
		if err == nil && now.equal(l.keyed) {
			told.over()
			return nil
		}
		var keys [][]byte
		if err == nil {
			keys, err = peer.LoadKeys(l.peers.KeyFile)
		}
		if err == nil {
			err = l.node.UseKeys(keys)
		}
		if err != nil {
			told.about(err, "; the keys stay as they were")
			return nil
		}
		l.keyed = now
		told.over()
		fmt.Fprintf(a.out, "peers: the file of keys has changed: %d keys, %s is for sending\n", len(keys), peer.KeyID(keys[0]))
		return nil
	})
}

// A version of a file is another one when the file was written, or replaced.
type version struct{ info os.FileInfo }

func versionOf(path string) (version, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return version{}, nil // loading it names the cure
	}
	if err != nil {
		return version{}, fmt.Errorf("read keys of the cluster: %w", err)
	}
	return version{info}, nil
}

// equal is false for a file that was not there.
func (v version) equal(w version) bool {
	return v.info != nil && w.info != nil && os.SameFile(v.info, w.info) &&
		v.info.Size() == w.info.Size() && v.info.ModTime().Equal(w.info.ModTime())
}

// leads tells whether this host speaks for the cluster: of all collectors that
// answer, it is the first by name.
func (l *link) leads(own string) bool {
	for _, m := range l.node.Members() {
		if m.Collector && m.Name < own {
			return false
		}
	}
	return true
}
