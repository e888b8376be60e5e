package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAsk makes up some hosts, and asks every command about them.
func TestAsk(t *testing.T) {
	dir := t.TempDir()
	dropwatch, state := filepath.Join(dir, "dropwatch"), filepath.Join(dir, "state")
	const hosts = 3
	if err := errors.Join(build(t.Context(), dropwatch, "dropwatch/cmd/dropwatch"), tell(state, hosts, 12)); err != nil {
		t.Fatal(err)
	}
	if err := checkAnswers(t.Context(), dropwatch, state, hosts); err != nil {
		t.Error(err)
	}
	if err := checkAnswers(t.Context(), dropwatch, state, hosts+1); err == nil {
		t.Error("a host is missing, and nobody notices")
	}
	list, err := questions(dir, dropwatch, state)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		a := &list[i]
		if err := a.run(t.Context()); err != nil {
			t.Error(err)
		}
		if len(a.wall) != 1 || a.wall[0] <= 0 || a.cpu[0] <= 0 || a.rss[0] <= 0 {
			t.Errorf("%s: %+v", a.name, a)
		}
	}
}

func TestSpool(t *testing.T) {
	if n := binary.Size(whod{}); n != 84 {
		t.Errorf("a file about a host with one user has %d bytes, not 84", n)
	}
	dir := t.TempDir()
	if err := fillSpool(dir, time.Unix(1700000000, 0)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "rwho", "whod.host499"))
	if err != nil || len(text) != 84 || string(text[12:20]) != "host499\x00" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestAskTargets(t *testing.T) {
	for _, c := range []struct {
		name string
		list []asked
		want string
	}{
		{"met", []asked{{question: question{name: askDrops}, wall: series{120, 199, 500}}}, "met"},
		{"missed", []asked{{question: question{name: askDrops}, wall: series{120, 201, 500}}}, "missed"},
		{"another command", []asked{{question: question{name: askUptime}, wall: series{1}}}, "not measured"},
		{"left out", []asked{{question: question{name: askDrops}, failed: errors.New("gone")}}, "not measured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := askTargets(c.list)[0].verdict(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
