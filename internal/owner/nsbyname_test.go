package owner

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamespaceByName(t *testing.T) {
	docker := "0::/docker/" + idA + "\n"
	f := hostFixture(t)
	f.process("self", fakeProcess{name: "dropwatch", start: 900, netns: nsE})
	f.file("b", nsB, 1)
	f.file("a", nsE, 1) // ours
	f.process("60", fakeProcess{name: "x", start: 60, netns: nsC, cgroup: docker})
	f.process("61", fakeProcess{name: "x", start: 61, netns: nsD, cgroup: docker})
	f.process("62", fakeProcess{name: "kworker/0:1", start: 62, netns: nsD + 100})
	f.process("63", fakeProcess{name: "zombie", start: 63})
	s := NewNamespaces(f.config)
	tests := []struct {
		name string
		want uint32
		err  string
	}{
		{"b", nsB, ""},
		{"a", nsE, ""},
		{"self", nsE, ""},
		{"host", hostNS, ""},
		{"kworker/0:1(62)", nsD + 100, ""},
		{filepath.Join(f.netns, "b"), nsB, ""},
		{"pid:60", nsC, ""},
		{"4026532999", 4026532999, ""},
		{"docker:4f2a91c0b3d1", 0, fmt.Sprintf("2 network namespaces are called \"docker:4f2a91c0b3d1\": use the inode number, one of [%d %d]", nsC, nsD)},
		{"x", 0, `no network namespace "x"; known: a, b, docker:4f2a91c0b3d1, docker:4f2a91c0b3d1, host, kworker/0:1(62)`},
		{"", 0, `no network namespace ""`},
		{"0", 0, `no network namespace "0"`},
		{"4294967296", 0, `no network namespace "4294967296"`},
		{"pid:99", 0, "find network namespace of process 99"},
		{"pid:63", 0, "find network namespace of process 63"},
		{"pid:../1", 0, "want pid:NUMBER"},
		{"pid:0", 0, "want pid:NUMBER"},
		{"/missing/b", 0, "/missing/b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.NamespaceByName(tt.name)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %d, %v; want %d, %q", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestUnknownNamespaceListIsBounded(t *testing.T) {
	f := hostFixture(t)
	for i := range uint32(50) {
		f.file(fmt.Sprintf("n%02d", i), nsB+i, 1)
	}
	_, err := NewNamespaces(f.config).NamespaceByName("x")
	if err == nil || !strings.HasSuffix(err.Error(), "n18 and 31 more") {
		t.Errorf("got %v", err)
	}
}

func TestDeletedNamespaceIsNotFoundByName(t *testing.T) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	s := NewNamespaces(f.config)
	s.Name(nsB)
	f.remove("b")
	if got, err := s.NamespaceByName("b"); err == nil {
		t.Errorf("got %d, want an error", got)
	}
}
