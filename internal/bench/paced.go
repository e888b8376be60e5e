package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A gun sends datagrams to this host that a rule drops. What is sent together
// has a length of its own, its mark, by which a watcher's output tells it
// apart. It is for one goroutine at a time.
type gun struct {
	flood *flood
	mark  int
	sent  map[int]int // packets, by mark
}

// firstMark is the length of the first packets, with all headers.
const firstMark = 100

// newGun sets the rule. This is for a guest: it stays.
func newGun(ctx context.Context) (*gun, error) {
	// All packets shall come as far as the rule.
	if err := os.WriteFile("/proc/sys/net/core/netdev_max_backlog", []byte("1000000"), 0); err != nil {
		return nil, err
	}
	for _, line := range []string{
		"add table ip bench",
		"add chain ip bench input { type filter hook input priority 0; }",
		fmt.Sprintf("add rule ip bench input udp dport %d counter drop", port),
	} {
		if text, err := exec.CommandContext(ctx, "nft", line).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("nft %s: %w: %s", line, err, text)
		}
	}
	f, err := openNft(net.IPv4(127, 0, 0, 1))
	if err != nil {
		return nil, err
	}
	return &gun{flood: f, mark: firstMark, sent: make(map[int]int)}, nil
}

// next begins a new mark and returns it.
func (g *gun) next() int {
	g.mark++
	return g.mark
}

// fire sends n packets, evenly spaced at the pace (packets a second), or as
// fast as it can if that is 0. It returns how long it took.
func (g *gun) fire(ctx context.Context, n int, pace float64) (time.Duration, error) {
	f := newFlood("paced", g.flood.fd, make([]byte, g.mark-headers))
	start := time.Now()
	for sent := 0; sent < n; {
		due := n - sent
		if pace > 0 {
			due = min(n, int(time.Since(start).Seconds()*pace)+1) - sent
		}
		if due == 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		did, err := f.send(min(due, batchSize))
		g.sent[g.mark] += int(did)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		sent += int(did)
	}
	return time.Since(start), nil
}

// dropped is what the rule has counted.
func (g *gun) dropped(ctx context.Context) (uint64, error) {
	text, err := exec.CommandContext(ctx, "nft", "list chain ip bench input").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("nft list: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return ruleCount(string(text))
}

// all is what was sent so far.
func (g *gun) all() (n int) {
	for _, sent := range g.sent {
		n += sent
	}
	return n
}
