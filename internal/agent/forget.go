package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"dropwatch/internal/peer/identity"
)

// forget makes a host unknown, by its name or id: whoever uses the name next is
// accepted if new hosts are. It tells whether there was one.
func (a *Agent) forget(nameOrID string) (bool, error) {
	ids := make(map[identity.ID]bool)
	for _, p := range a.hosts.all() {
		if p.Name == nameOrID || p.ID.String() == nameOrID {
			ids[p.ID] = true
		}
	}
	var in *inbox
	if l := a.linked(); l != nil && l.inbox != nil {
		in = l.inbox
		// a key outlives a reboot, and the directory of peers may not
		for _, h := range in.known.Hosts() {
			if h.Name == nameOrID || h.ID.String() == nameOrID {
				ids[h.ID] = true
			}
		}
	}
	delete(ids, a.key.ID)
	var errs []error
	for id := range ids {
		errs = append(errs, a.hosts.remove(id))
		if in != nil {
			in.store.Forget(id)
			in.gate.Forget(id)
		}
	}
	return len(ids) > 0, errors.Join(errs...)
}

// remove forgets a host and removes its file.
func (h *hosts) remove(id identity.ID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.each, id)
	return h.dir.Remove(id)
}

// serveForget answers POST /forget?host=NAME.
func (a *Agent) serveForget(w http.ResponseWriter, r *http.Request) {
	if !mayChange(r) {
		http.Error(w, "only root and the user of the agent may do that", http.StatusForbidden)
		return
	}
	found, err := a.forget(r.URL.Query().Get("host"))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !found:
		http.Error(w, "no other host has that name or id", http.StatusNotFound)
	}
}

// AskForget has the agent that keeps its peers in a directory forget a host. It
// blocks for ten seconds at most.
func AskForget(ctx context.Context, directory, host string) error {
	if _, err := ask(ctx, directory, http.MethodPost, "/forget?host="+url.QueryEscape(host)); err != nil {
		return fmt.Errorf("forget %s: %w", host, err)
	}
	return nil
}
