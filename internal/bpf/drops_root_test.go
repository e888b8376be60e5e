package bpf

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// Programs that ask for fewer arguments than the kernel gives run too, so that
// those for older kernels are tried here.
func TestRootVariants(t *testing.T) {
	l := newLab(t)
	types, err := kernelTypes(btf.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	given := arguments(types)
	for _, v := range []variant{{false, 2}, {false, 3}, {false, 4}, {true, 2}, {true, 3}, {true, 4}} {
		t.Run(v.name(), func(t *testing.T) {
			if v.args > given {
				t.Skipf("this kernel gives %d arguments", given)
			}
			d, err := openVariant(Config{NetNS: []uint32{l.netns}}, v)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			l.drop(t, 1000, 0)
			groups := read(t, d)
			if sum := total(groups); len(groups) != 1 || sum != (Count{Packets: 1000, Buffers: 1000, Bytes: 40_000}) {
				t.Errorf("got %+v, want 1000 packets of 40 bytes in one group", groups)
			}
			for k := range groups {
				if k.NetNS != l.netns || k.Interface != 1 || k.Protocol != 0x800 || k.Transport != 17 || k.Location == 0 || (k.Reason == NoReason) != (v.args < 3) {
					t.Errorf("key %+v", k)
				}
			}
			if m := misses(t, d); m != (Misses{}) {
				t.Errorf("misses %+v", m)
			}
		})
	}
}

func TestRootPackets(t *testing.T) {
	l := newLab(t)
	before := time.Now()
	d := l.watch(t, Config{Packets: true, Queue: 2000})
	l.drop(t, 1000, 20_000)
	list := events(t, d)
	if len(list) != 1000 {
		t.Fatalf("%d events of 1000, misses %+v", len(list), misses(t, d))
	}
	ports := make(map[uint16]bool)
	for _, e := range list {
		packet := e.Data[e.NetworkOffset:]
		if e.Sample || e.Packets != 1 || len(packet) != 40 || string(packet[28:]) != "12 byte text" || e.Key.Length != 40 {
			t.Fatalf("event %+v", e)
		}
		if e.Key.NetNS != l.netns || e.Key.Protocol != 0x800 || e.Key.Transport != 17 {
			t.Fatalf("key %+v", e.Key)
		}
		if e.Time.Before(before.Add(-time.Second)) || e.Time.After(time.Now().Add(time.Second)) {
			t.Fatalf("time %v, it is %v", e.Time, time.Now())
		}
		ports[binary.BigEndian.Uint16(packet[20:])] = true
	}
	for port := 20_000; port < 21_000; port++ {
		if !ports[uint16(port)] {
			t.Errorf("no packet from port %d", port)
		}
	}
	if sum := total(read(t, d)); sum.Packets != 1000 {
		t.Errorf("counted %d", sum.Packets)
	}
}

func TestRootSnap(t *testing.T) {
	l := newLab(t)
	for _, snap := range []uint32{1, 30, 54, 200, MaxSnap} {
		d := l.watch(t, Config{Packets: true, Snap: snap, Queue: 10})
		l.drop(t, 1, 0)
		list := events(t, d)
		// 14 bytes of link-layer header, 40 of packet
		if len(list) != 1 || len(list[0].Data) != min(int(snap), 54) || list[0].Key.Length != 40 {
			t.Errorf("snap %d: %+v", snap, list)
		}
		d.Close()
	}
}

func TestRootDetails(t *testing.T) {
	l := newLab(t)
	for name, test := range map[string]struct {
		detail uint32
		groups int
		check  func(Key) bool
	}{
		"flow": {DetailFlow, 1000, func(k Key) bool {
			return k.Source.Port() >= 20_000 && k.Source.Addr().String() == "127.0.0.1" && k.Destination.String() == "127.0.0.1:9" && k.Length == 0
		}},
		"socket": {DetailSocket, 1, func(k Key) bool { return !k.Source.IsValid() && k.Length == 0 }},
		"length": {DetailLength, 1, func(k Key) bool { return k.Length == 40 && !k.Source.IsValid() }},
		"all":    {DetailFlow | DetailSocket | DetailLength, 1000, func(k Key) bool { return k.Length == 40 && k.Source.IsValid() }},
	} {
		d := l.watch(t, Config{Detail: test.detail})
		l.drop(t, 1000, 20_000)
		groups := read(t, d)
		if sum := total(groups); sum != (Count{Packets: 1000, Buffers: 1000, Bytes: 40_000}) || len(groups) != test.groups {
			t.Errorf("%s: %+v in %d groups, want 1000 in %d", name, sum, len(groups), test.groups)
		}
		for k := range groups {
			if !test.check(k) {
				t.Errorf("%s: key %+v", name, k)
				break
			}
		}
		d.Close()
	}
}

// More groups than there is room for: what finds none is counted without a key.
func TestRootOverflow(t *testing.T) {
	l := newLab(t)
	t.Run("plain", func(t *testing.T) {
		d := l.watch(t, Config{Entries: 64})
		l.unknownProtocols(t, 0x9000, 1500)
		groups, m := read(t, d), misses(t, d)
		if got := total(groups).Packets + m.Unkeyed.Packets; got != 1500 || m.Unkeyed.Packets == 0 {
			t.Errorf("%d packets in %d groups and %d without a key, want 1500", total(groups).Packets, len(groups), m.Unkeyed.Packets)
		}
		if got := total(groups).Bytes + m.Unkeyed.Bytes; got != 1500*50 {
			t.Errorf("%d bytes, want %d", got, 1500*50)
		}
	})
	t.Run("plain into details", func(t *testing.T) {
		d := l.watch(t, Config{})
		l.unknownProtocols(t, 0x9000, 1500)
		groups, m := read(t, d), misses(t, d)
		if len(groups) != 1500 || total(groups).Packets != 1500 || m.Unkeyed.Packets != 0 {
			t.Errorf("%d packets in %d groups and %d without a key, want 1500 groups", total(groups).Packets, len(groups), m.Unkeyed.Packets)
		}
	})
	t.Run("flows", func(t *testing.T) {
		d := l.watch(t, Config{Detail: DetailFlow, Entries: 100})
		l.drop(t, 1000, 20_000)
		groups, m := read(t, d), misses(t, d)
		if got := total(groups).Packets + m.Unkeyed.Packets; got != 1000 || m.Unkeyed.Buffers < 800 {
			t.Errorf("%d packets in %d groups and %d without a key, want 1000", total(groups).Packets, len(groups), m.Unkeyed.Packets)
		}
	})
}

func TestRootRateLimitAndQueue(t *testing.T) {
	l := newLab(t)
	for name, config := range map[string]Config{
		"limit":     {Packets: true, RateLimit: 10},
		"queue":     {Packets: true, Queue: 1, Snap: 1},
		"long ones": {Packets: true, Queue: 1, Snap: MaxSnap},
	} {
		d := l.watch(t, config)
		l.drop(t, 3000, 0)
		delivered, m := uint64(len(events(t, d))), misses(t, d)
		if delivered+m.EventsLimited+m.EventsLost != 3000 || delivered == 0 {
			t.Errorf("%s: %d delivered, %d limited, %d lost of 3000", name, delivered, m.EventsLimited, m.EventsLost)
		}
		if (m.EventsLimited > 0) != (config.RateLimit > 0) || (m.EventsLost > 0) != (config.RateLimit == 0 && m.EventsLost > 0) {
			t.Errorf("%s: %d limited, %d lost", name, m.EventsLimited, m.EventsLost)
		}
		if config.RateLimit > 0 && delivered > 200 {
			t.Errorf("%s: %d delivered, 10 a second are allowed", name, delivered)
		}
		if got := total(read(t, d)).Packets; got != 3000 {
			t.Errorf("%s: counted %d", name, got)
		}
		d.Close()
	}
}

func TestRootSamples(t *testing.T) {
	l := newLab(t)
	d := l.watch(t, Config{SampleInterval: time.Hour})
	l.drop(t, 1000, 0)
	list := events(t, d)
	// one for each CPU that the sender ran on
	if len(list) == 0 || len(list) > len(read(t, d))*d.counts.cpus || !list[0].Sample {
		t.Errorf("%d samples: %+v", len(list), list)
	}
	if none := l.watch(t, Config{}); len(events(t, none)) > 0 {
		t.Error("samples that nobody asked for")
	}
}

func TestRootTwoAtOnce(t *testing.T) {
	l := newLab(t)
	a, b := l.watch(t, Config{}), l.watch(t, Config{Packets: true, Detail: DetailFlow})
	l.drop(t, 1000, 0)
	if a, b := total(read(t, a)), total(read(t, b)); a != b || a.Packets != 1000 {
		t.Errorf("%+v and %+v, want 1000 each", a, b)
	}
}

func TestRootFilters(t *testing.T) {
	l := newLab(t)
	whole := l.watch(t, Config{})
	l.drop(t, 1, 0)
	var reason uint32
	for k := range read(t, whole) {
		reason = k.Reason
	}
	for name, test := range map[string]struct {
		config Config
		want   uint64
	}{
		"nothing":         {Config{}, 100},
		"interface":       {Config{Interfaces: []string{"eth0", "lo"}}, 100},
		"other interface": {Config{Interfaces: []string{"l", "lo0"}}, 0},
		"reason":          {Config{Reasons: []uint32{1, reason}}, 100},
		"other reason":    {Config{Reasons: []uint32{reason + 1}}, 0},
		"all":             {Config{Interfaces: []string{"lo"}, Reasons: []uint32{reason}}, 100},
		"half":            {Config{Interfaces: []string{"lo"}, Reasons: []uint32{reason + 1}}, 0},
	} {
		d := l.watch(t, test.config)
		l.drop(t, 100, 0)
		if got := total(read(t, d)).Packets; got != test.want {
			t.Errorf("%s: %d packets, want %d", name, got, test.want)
		}
		d.Close()
	}
	other, err := Open(Config{NetNS: []uint32{1}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	l.drop(t, 100, 0)
	if got := total(read(t, other)).Packets; got != 0 {
		t.Errorf("%d packets of a namespace that does not exist", got)
	}
}

// After Detach the numbers stand still, and nothing of what was before is lost.
func TestRootDetach(t *testing.T) {
	l := newLab(t)
	d := l.watch(t, Config{Packets: true})
	l.drop(t, 500, 0)
	if err := d.Detach(); err != nil {
		t.Fatal(err)
	}
	l.drop(t, 100, 0)
	if got := total(read(t, d)).Packets; got != 500 {
		t.Errorf("counted %d, want 500", got)
	}
	if got := len(events(t, d)); got != 500 {
		t.Errorf("%d events, want 500", got)
	}
}

func TestRootCloseLeavesNothing(t *testing.T) {
	l := newLab(t)
	d, err := Open(Config{Packets: true, NetNS: []uint32{l.netns}})
	if err != nil {
		t.Fatal(err)
	}
	var programs []ebpf.ProgramID
	for _, p := range d.collection.Programs {
		info, err := p.Info()
		if err != nil {
			t.Fatal(err)
		}
		id, _ := info.ID()
		programs = append(programs, id)
	}
	var maps []ebpf.MapID
	for _, m := range d.collection.Maps {
		info, err := m.Info()
		if err != nil {
			t.Fatal(err)
		}
		id, _ := info.ID()
		maps = append(maps, id)
	}
	if len(programs) == 0 || len(maps) < 5 {
		t.Fatalf("%d programs, %d maps", len(programs), len(maps))
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// The kernel frees them a moment later. Maps that were mapped into memory
	// stay until the garbage collector has unmapped them.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		runtime.GC()
		left := 0
		for _, id := range programs {
			if p, err := ebpf.NewProgramFromID(id); err == nil {
				left++
				p.Close()
			}
		}
		for _, id := range maps {
			if m, err := ebpf.NewMapFromID(id); err == nil {
				left++
				m.Close()
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d programs and maps are left", left)
		}
	}
}

// Wake ends a waiting Next at once, not at its deadline.
func TestRootWake(t *testing.T) {
	l := newLab(t)
	d := l.watch(t, Config{})
	ended := make(chan error, 1)
	go func() {
		var e Event
		ended <- d.Next(&e, time.Now().Add(20*time.Second))
	}()
	// Wake may come before Next waits, or while it does; try the second
	select {
	case err := <-ended:
		t.Fatalf("Next did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	woken := make(chan struct{})
	go func() { d.Wake(); close(woken) }()
	select {
	case <-woken:
	case <-time.After(5 * time.Second):
		t.Fatal("Wake waits for Next")
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Next was not woken")
	}
	// and the next one early
	d.Wake()
	var e Event
	if start, err := time.Now(), d.Next(&e, time.Now().Add(20*time.Second)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestRootSymbolNamer(t *testing.T) {
	needRoot(t)
	s, err := OpenSymbolNamer()
	if errors.Is(err, ErrNotSupported) {
		t.Skip(err) // kallsyms does it there
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l := newLab(t)
	d := l.watch(t, Config{})
	l.drop(t, 1, 0)
	for k := range read(t, d) {
		name, err := s.Name(k.Location)
		function, _, _ := strings.Cut(name, "+")
		if err != nil || function != "__udp4_lib_rcv" && function != "udp_rcv" { // the latter since 7.0
			t.Errorf("%#x is %q, %v, want __udp4_lib_rcv or udp_rcv", k.Location, name, err)
		}
	}
	if name, err := s.Name(1); err != nil || name == "" {
		t.Errorf("address 1: %q, %v", name, err)
	}
}
