package repair

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// TestPut makes one step after the other in one store.
func TestPut(t *testing.T) {
	s, id := newStore(t, "a"), hostID(1)
	for _, c := range []struct {
		name string
		sent
		want  bool
		parts uint8 // held afterwards
		bytes int
	}{
		{"first", packet(id, 2, 5, 1, 3, 200), true, 0b010, 200},
		{"same again", packet(id, 2, 5, 1, 3, 200), false, 0b010, 200},
		{"another part", packet(id, 2, 5, 0, 3, 300), true, 0b011, 500},
		{"another number of parts", packet(id, 2, 5, 2, 4, 200), false, 0b011, 500},
		{"older sequence", packet(id, 2, 4, 2, 3, 200), false, 0b011, 500},
		{"older epoch", packet(id, 1, 9, 2, 3, 200), false, 0b011, 500},
		{"next sequence", packet(id, 2, 6, 7, 8, 200), true, 0b1000_0000, 200},
		{"next epoch", packet(id, 3, 0, 0, 1, record.MaxDatagram), true, 0b1, record.MaxDatagram},
		{"too long", packet(id, 4, 0, 0, 1, record.MaxDatagram+1), false, 0b1, record.MaxDatagram},
		{"too short", packet(id, 4, 0, 0, 1, record.MinPacket-1), false, 0b1, record.MaxDatagram},
		{"no such part", packet(id, 4, 0, 1, 1, 200), false, 0b1, record.MaxDatagram},
		{"too many parts", packet(id, 4, 0, 0, record.MaxParts+1, 200), false, 0b1, record.MaxDatagram},
		{"no parts", packet(id, 4, 0, 0, 0, 200), false, 0b1, record.MaxDatagram},
		{"no host", packet(identity.ID{}, 4, 0, 0, 1, 200), false, 0b1, record.MaxDatagram},
		{"largest numbers", packet(id, math.MaxUint64, math.MaxUint64, 0, 2, 200), true, 0b1, 200},
	} {
		if got := c.put(s, start); got != c.want {
			t.Errorf("%s: kept is %v", c.name, got)
		}
		all := s.all()
		if len(all) != 1 || all[0].parts != c.parts {
			t.Fatalf("%s: %d hosts, parts %b", c.name, len(all), all[0].parts)
		}
		if got := s.Stats(); got != (Stats{Hosts: 1, Bytes: c.bytes}) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestPutCopies(t *testing.T) {
	s, p := newStore(t, "a"), packet(hostID(1), 1, 1, 0, 1, 200)
	want := string(p.raw)
	p.put(s, start)
	clear(p.raw)
	if got := contents(s)[p.host][0]; got != want {
		t.Errorf("changed to %x", got)
	}
}

// TestHeldIsNotChanged looks at what was read from the store before more came.
func TestHeldIsNotChanged(t *testing.T) {
	s := newStore(t, "a")
	packet(hostID(1), 1, 1, 0, 2, 200).put(s, start)
	before := s.all()[0]
	packet(hostID(1), 1, 1, 1, 2, 200).put(s, start)
	if before.parts != 0b01 || before.packets[1] != nil {
		t.Errorf("parts %b, %x", before.parts, before.packets[1])
	}
}

// TestMaxHosts drops the host that was heard of the longest time ago.
func TestMaxHosts(t *testing.T) {
	s := newBounded(t, Config{Name: "a", MaxHosts: 3})
	for sequence, host := range []int{1, 2, 3, 1, 4, 5} {
		packet(hostID(host), 1, uint64(sequence), 0, 1, 200).put(s, start)
	}
	var got []identity.ID
	for _, h := range s.all() {
		got = append(got, h.host)
	}
	if diff := cmp.Diff([]identity.ID{hostID(1), hostID(4), hostID(5)}, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Stats(); got != (Stats{Hosts: 3, Bytes: 600, Evicted: 2}) {
		t.Errorf("%+v", got)
	}
}

func TestMaxBytes(t *testing.T) {
	most := record.MaxParts * record.MaxDatagram
	s := newBounded(t, Config{Name: "a", MaxBytes: most})
	for part := range uint8(record.MaxParts) {
		packet(hostID(1), 1, 1, part, record.MaxParts, record.MaxDatagram).put(s, start)
	}
	if got := s.Stats(); got != (Stats{Hosts: 1, Bytes: most}) {
		t.Fatalf("a whole record has no room: %+v", got)
	}
	for part := range uint8(record.MaxParts) {
		packet(hostID(2), 1, 1, part, record.MaxParts, record.MaxDatagram).put(s, start)
	}
	if got := s.Stats(); got != (Stats{Hosts: 1, Bytes: most, Evicted: 1}) || s.all()[0].host != hostID(2) {
		t.Errorf("%+v", got)
	}
}

func TestExpireAndForget(t *testing.T) {
	s := newStore(t, "a")
	for i := range 4 {
		packet(hostID(i), 1, 1, 0, 2, 200).put(s, start.Add(time.Duration(i)*time.Second))
	}
	// A later part does not make a record younger, a later record does.
	packet(hostID(0), 1, 1, 1, 2, 200).put(s, start.Add(time.Hour))
	packet(hostID(1), 1, 2, 0, 1, 200).put(s, start.Add(time.Hour))
	s.Expire(start.Add(3 * time.Second))
	s.Forget(hostID(9))
	if got := s.Stats(); got != (Stats{Hosts: 2, Bytes: 400}) {
		t.Fatalf("%+v", got)
	}
	s.Forget(hostID(3))
	if all := s.all(); len(all) != 1 || all[0].host != hostID(1) {
		t.Errorf("%d left", len(all))
	}
	s.Expire(start.Add(2 * time.Hour))
	if got := s.Stats(); got != (Stats{}) || s.order.Len() != 0 {
		t.Errorf("%+v, %d in order", got, s.order.Len())
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		Config
		want string
	}{
		{Config{}, "name"},
		{Config{Name: strings.Repeat("n", maxName+1)}, "name"},
		{Config{Name: "a", MaxHosts: maxEntries + 1}, "hosts"},
		{Config{Name: "a", MaxHosts: -1}, "hosts"},
		{Config{Name: "a", MaxBytes: record.MaxParts*record.MaxDatagram - 1}, "bytes"},
	} {
		if _, err := New(c.Config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.Config, err)
		}
	}
	newBounded(t, Config{Name: strings.Repeat("n", maxName), MaxHosts: maxEntries})
}

// TestConcurrent is for the race detector; what is left must add up, too.
func TestConcurrent(t *testing.T) {
	s := newBounded(t, Config{Name: "a", MaxHosts: 20})
	empty := newStore(t, "b").Digest(start, true)
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := range 300 {
				at := start.Add(time.Duration(i) * time.Second)
				packet(hostID(i*(w+1)%40), 1, uint64(i), uint8(w), 4, 200).put(s, at)
				s.Digest(at, true)
				if _, err := s.Answer(empty, start); err != nil {
					t.Error(err)
				}
				s.Forget(hostID(i % 40))
				s.Expire(at.Add(-20 * time.Second))
			}
		})
	}
	workers.Wait()
	bytes := 0
	for _, h := range s.all() {
		bytes += h.size()
	}
	if got := s.Stats(); got.Bytes != bytes || got.Hosts > 20 || got.Hosts != s.order.Len() {
		t.Errorf("%+v, counted %d bytes, %d in order", got, bytes, s.order.Len())
	}
}
