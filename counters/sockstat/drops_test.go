package sockstat

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDropsBySocket(t *testing.T) {
	socket := func(inode uint32, cookie uint64, drops uint32) Socket {
		return Socket{Protocol: UDP, Inode: inode, Cookie: cookie, Drops: drops, DropsKnown: true}
	}
	unknown := Socket{Protocol: Packet, Inode: 5, Cookie: 5}
	for _, test := range []struct {
		name          string
		before, after []Socket
		want          map[uint32]uint64
	}{
		{"nothing", nil, nil, map[uint32]uint64{}},
		{"rise", []Socket{socket(1, 1, 3)}, []Socket{socket(1, 1, 10)}, map[uint32]uint64{1: 7}},
		{"still", []Socket{socket(1, 1, 3)}, []Socket{socket(1, 1, 3)}, map[uint32]uint64{}},
		{"new", nil, []Socket{socket(1, 1, 4)}, map[uint32]uint64{1: 4}},
		{"gone", []Socket{socket(1, 1, 3)}, nil, map[uint32]uint64{}},
		{"inode used again", []Socket{socket(1, 1, 9)}, []Socket{socket(1, 2, 4)}, map[uint32]uint64{1: 4}},
		{"past 2^32", []Socket{socket(1, 1, 1<<32-2)}, []Socket{socket(1, 1, 3)}, map[uint32]uint64{1: 5}},
		{"without process", []Socket{socket(0, 1, 1)}, []Socket{socket(0, 1, 2), socket(0, 2, 3)}, map[uint32]uint64{0: 4}},
		{"unknown", []Socket{unknown}, []Socket{unknown}, map[uint32]uint64{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, DropsBySocket(test.before, test.after)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
