package netdm

import (
	"strings"
	"testing"
)

const netlinkTable = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000000000000 0   1          00000001 0        0        0     2        0        10
0000000000000000 16  0          00000000 0        0        0     2        0        11
0000000000000000 16  812        00000001 0        0        0     2        0        12
0000000000000000 16  -4011      80000003 0        0        0     2        0        13
0000000000000000 16  813        00000002 0        0        0     2        0        14
`

func TestParseListeners(t *testing.T) {
	for group, want := range map[uint32][]uint64{1: {12, 13}, 2: {13, 14}, 32: {13}, 7: nil} {
		got, err := parseListeners(strings.NewReader(netlinkTable), group)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, want, got)
	}
	for _, group := range []uint32{0, 33} {
		if got, err := parseListeners(strings.NewReader(netlinkTable), group); err == nil {
			t.Errorf("group %d: got %v without an error", group, got)
		}
	}
	for _, bad := range []string{"80000003", "       13"} {
		broken := strings.ReplaceAll(netlinkTable, bad, strings.Repeat("x", len(bad)))
		if got, err := parseListeners(strings.NewReader(broken), 1); err == nil {
			t.Errorf("got %v without an error from %q", got, broken)
		}
	}
}

func FuzzParseListeners(f *testing.F) {
	f.Add(netlinkTable, uint32(1))
	f.Fuzz(func(t *testing.T, table string, group uint32) {
		inodes, err := parseListeners(strings.NewReader(table), group)
		if err == nil && len(inodes) > strings.Count(table, "\n")+1 {
			t.Errorf("%d sockets in %q", len(inodes), table)
		}
	})
}
