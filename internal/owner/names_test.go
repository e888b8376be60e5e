package owner

import (
	"strconv"
	"sync"
	"testing"

	"dropwatch/dropmon"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func namesFixture(t *testing.T) (*fixture, *Names) {
	f := hostFixture(t)
	f.file("b", nsB, 1)
	f.process("812", fakeProcess{name: "dnsd", start: 9, netns: nsB, sockets: map[int]uint64{3: 100}})
	f.config.readLinks = (&fakeLinks{names: map[uint32]string{2: "veth0"}}).read
	return f, New(f.config)
}

func TestFill(t *testing.T) {
	tests := []struct {
		name     string
		in, want dropmon.Drop
	}{
		{
			"everything",
			dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsB}, Interface: dropmon.Interface{Index: 2}, Socket: 100},
			dropmon.Drop{
				NetNS: dropmon.NetNS{Inode: nsB, Name: "b"}, Interface: dropmon.Interface{Index: 2, Name: "veth0"},
				Socket: 100, Process: dropmon.Process{PID: 812, Name: "dnsd"},
			},
		},
		{
			"nothing known",
			dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsC}, Interface: dropmon.Interface{Index: 2}, Socket: 5},
			dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsC}, Interface: dropmon.Interface{Index: 2}, Socket: 5},
		},
		{
			"an interface without its namespace",
			dropmon.Drop{Interface: dropmon.Interface{Index: 2}},
			dropmon.Drop{Interface: dropmon.Interface{Index: 2}},
		},
		{
			"a pid only",
			dropmon.Drop{Process: dropmon.Process{PID: 812}},
			dropmon.Drop{Process: dropmon.Process{PID: 812, Name: "dnsd"}},
		},
		{
			"names of a recording stay",
			dropmon.Drop{
				NetNS: dropmon.NetNS{Inode: nsB, Name: "x"}, Interface: dropmon.Interface{Index: 2, Name: "y"},
				Socket: 100, Process: dropmon.Process{PID: 1, Name: "z"},
			},
			dropmon.Drop{
				NetNS: dropmon.NetNS{Inode: nsB, Name: "x"}, Interface: dropmon.Interface{Index: 2, Name: "y"},
				Socket: 100, Process: dropmon.Process{PID: 1, Name: "z"},
			},
		},
	}
	_, n := namesFixture(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.in
			n.Fill(&got)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(dropmon.Flow{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFillAfterClose(t *testing.T) {
	_, n := namesFixture(t)
	for range 2 {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d := dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsB}}
	n.Fill(&d)
	if d.NetNS.Name != "" {
		t.Errorf("filled %q after Close", d.NetNS.Name)
	}
}

func TestFillAllocatesNothingOnHits(t *testing.T) {
	_, n := namesFixture(t)
	in := dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsB}, Interface: dropmon.Interface{Index: 2}, Socket: 100}
	d := in
	n.Fill(&d)
	if allocs := testing.AllocsPerRun(100, func() { d = in; n.Fill(&d) }); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
	if d.Process.Name != "dnsd" || d.Interface.Name != "veth0" || d.NetNS.Name != "b" {
		t.Errorf("got %+v", d)
	}
}

func TestFillFromSeveralGoroutines(t *testing.T) {
	f, _ := namesFixture(t)
	f.config.Now = nil
	for i := range 20 {
		f.process(strconv.Itoa(1000+i), fakeProcess{name: "x", start: i, sockets: map[int]uint64{3: uint64(1000 + i)}})
	}
	n := New(f.config)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 40 {
				d := dropmon.Drop{NetNS: dropmon.NetNS{Inode: nsB}, Interface: dropmon.Interface{Index: 2}, Socket: uint64(1000 + (i*worker)%20)}
				n.Fill(&d)
				if d.Process.Name != "x" || d.Process.PID != int(d.Socket) {
					t.Errorf("socket %d: got %v", d.Socket, d.Process)
				}
			}
		})
	}
	if err := n.Prime(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}
