package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"dropwatch/internal/config"
	"dropwatch/internal/peer"
)

// A link is this host's part in the exchange with others, as it was configured.
type link struct {
	peers config.Peers
	node  *peer.Node
	inbox *inbox    // nil if nothing is received
	keyed time.Time // when the file of keys was changed
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
		if l.keyed, err = changed(c.Peers.KeyFile); err != nil {
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
	defer func() {
		a.setLink(nil)
		err = errors.Join(err, l.close())
	}()
	all, inner := errgroup.WithContext(ctx)
	if l.inbox != nil {
		all.Go(func() error { return a.keep(inner, l) })
		all.Go(func() error { return a.repair(inner, l) })
	}
	if l.inbox != nil {
		all.Go(func() error { return a.join(inner, l) })
	}
	if !l.peers.Insecure {
		all.Go(func() error { return a.followKeys(inner, l) })
	}
	<-inner.Done()
	return errors.Join(all.Wait(), l.node.Leave(leaveTime))
}

// followKeys uses the keys of the file when it has changed.
func (a *Agent) followKeys(ctx context.Context, l *link) error {
	var told string
	return a.each(ctx, func(time.Time) error {
		now, err := changed(l.peers.KeyFile)
		if err == nil && now.Equal(l.keyed) {
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
			if err.Error() != told {
				told = err.Error()
				fmt.Fprintf(a.out, "peers: %v; the keys stay as they were\n", err)
			}
			return nil
		}
		l.keyed, told = now, ""
		fmt.Fprintf(a.out, "peers: the file of keys has changed: %d keys, %s is for sending\n", len(keys), peer.KeyID(keys[0]))
		return nil
	})
}

// changed is when a file was.
func changed(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return time.Time{}, nil // loading it names the cure
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read keys of the cluster: %w", err)
	}
	return info.ModTime(), nil
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
