package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/peer"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/repair"
)

// What is older is refused by the gates of others.
const repairAge = time.Minute

// repair tells another collector what is known here, at each interval, and
// answers those that do the same: what one of them did not hear is sent by the
// other. Others than collectors do not take part.
func (a *Agent) repair(ctx context.Context, l *link) error {
	if l.peers.Role != config.Collector {
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		stage := a.stage.Load() // before what it is the stage of
		if err := a.repairEach(ctx, stage, l, a.config.Load().Interval); err != nil {
			return err
		}
	}
	return nil
}

// repairEach does so until a reload, which can change the interval.
func (a *Agent) repairEach(ctx, reload context.Context, l *link, interval time.Duration) error {
	limiter := repair.NewLimiter(interval/2, l.peers.MaxHosts)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reload.Done():
			return nil
		case message := <-l.inbox.messages:
			// what is wrong with it is the sender's trouble; it can be repaired
			// by another one
			if err := a.answer(ctx, l, limiter, message); err != nil {
				l.inbox.unrepaired.Add(1)
			}
		case now := <-ticker.C:
			others := a.collectors(l)
			if len(others) == 0 {
				continue
			}
			to := others[rand.IntN(len(others))]
			// one that is gone is told by the membership
			if err := send(ctx, l, to, l.inbox.store.Digest(now.Add(-repairAge), true)); err != nil {
				l.inbox.unrepaired.Add(1)
			}
		}
	}
}

// collectors are the names of the others.
func (a *Agent) collectors(l *link) []string {
	var list []string
	own := a.config.Load().Host
	for _, m := range l.node.Members() {
		if m.Collector && m.Name != own {
			list = append(list, m.Name)
		}
	}
	return list
}

// answer does what a message asks for.
func (a *Agent) answer(ctx context.Context, l *link, limiter *repair.Limiter, message []byte) error {
	kind, err := repair.KindOf(message)
	if err != nil {
		return err
	}
	if kind == repair.KindBundle {
		packets, err := repair.DecodeBundle(message)
		if err != nil {
			return err
		}
		return l.inbox.hand(ctx, packets)
	}
	now := time.Now()
	from, asks, err := repair.Sender(message)
	if err != nil {
		return err
	}
	if !isCollector(l.node.Members(), from) {
		return fmt.Errorf("digest of %q, which is no collector", from)
	}
	if !limiter.Allow(from, asks, now) {
		return fmt.Errorf("too many digests of %s", from)
	}
	answer, err := l.inbox.store.Answer(message, now.Add(-repairAge))
	if err != nil {
		return err
	}
	messages := answer.Bundles
	if answer.Digest != nil {
		messages = append(messages, answer.Digest)
	}
	for _, m := range messages { // after one that it does not take it takes no other
		if err := send(ctx, l, from, m); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, l *link, to string, message []byte) error {
	return attempt(ctx, func() error { return l.node.SendReliable(to, message) })
}

func isCollector(members []peer.Member, name string) bool {
	for _, m := range members {
		if m.Collector && m.Name == name {
			return true
		}
	}
	return false
}

// hand passes on what another collector has heard. What came straight from its host
// meanwhile is no replay.
func (i *inbox) hand(ctx context.Context, packets [][]byte) error {
	for _, p := range packets {
		if i.has(p) {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case i.packets <- letter{p, netip.AddrPort{}}:
		}
	}
	return nil
}

// has tells whether a packet brings nothing, as far as its header says. What is wrong
// with it the gate counts.
func (i *inbox) has(packet []byte) bool {
	h, err := record.ParseHeader(packet)
	if err != nil {
		return false
	}
	epoch, sequence, ok := i.gate.Last(h.Host)
	switch {
	case h.Host == i.own:
		return true
	case !ok || h.Epoch != epoch:
		return ok && h.Epoch < epoch
	}
	return h.Sequence < sequence || h.Sequence == sequence && h.Parts == 1
}
