package bpf

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"dropwatch/internal/pcapfilter"
)

// A range of frames is dropped in one way, and seen by a filter as frame says.
type way struct {
	name   string
	link   string
	kind   int // of socket
	number func(frame []byte) uint16
	frame  func(frame []byte) []byte
	send   func(frame []byte) []byte
}

func whole(frame []byte) []byte { return frame }

// madeUp is a frame without its own link header.
func madeUp(frame []byte) []byte { return append(make([]byte, 12), frame[12:]...) }

var ways = []way{
	// tags are in the header
	{"sent", "va", unix.SOCK_RAW, func([]byte) uint16 { return 0 }, whole, whole},
	// the kernel takes the outer tag out
	{"received", "vc", unix.SOCK_RAW, func([]byte) uint16 { return 0 }, whole, whole},
	{"without a link header", "tun0", unix.SOCK_DGRAM, etherType, madeUp, func(frame []byte) []byte { return frame[14:] }},
	{"without a protocol", "tun0", unix.SOCK_DGRAM, func([]byte) uint16 { return 0 }, madeUp, func(frame []byte) []byte { return frame[14:] }},
}

func etherType(frame []byte) uint16 { return binary.BigEndian.Uint16(frame[12:]) }

// wire makes links that drop all: the queue of va has no room, a rule drops
// what comes to vd through vc, and nobody reads from tun0.
func (l *lab) wire(t *testing.T) {
	t.Helper()
	for _, which := range []string{"all", "default"} {
		l.do(t, func() error {
			return os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0)
		})
	}
	for line := range strings.Lines(`ip link add va mtu 9000 type veth peer name vb
ip link add vc mtu 9000 type veth peer name vd mtu 9000
ip tuntap add mode tun name tun0
ip link set va up
ip link set vb up
ip link set vc up
ip link set vd up
ip link set tun0 up
tc qdisc add dev va root pfifo limit 0
nft add table netdev t
nft add chain netdev t c { type filter hook ingress device vd priority 0; policy drop; }
`) {
		l.do(t, func() error {
			output, err := exec.Command(strings.Fields(line)[0], strings.Fields(line)[1:]...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w: %s", line, err, output)
			}
			return nil
		})
	}
}

// send sends frames in one way.
func (l *lab) send(t *testing.T, w *way, frames [][]byte) {
	t.Helper()
	l.do(t, func() error {
		link, err := net.InterfaceByName(w.link)
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, w.kind, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, frame := range frames {
			order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, w.number(frame)))
			to := &unix.SockaddrLinklayer{Ifindex: link.Index, Protocol: order}
			err := unix.Sendto(fd, w.send(frame), 0, to)
			if err != nil && err != unix.ENOBUFS { // the queue has no room
				return fmt.Errorf("send %d bytes on %s: %w", len(frame), w.link, err)
			}
		}
		return nil
	})
}

// numbered frames end with a number of their own.
func numbered(n int) [][]byte {
	m := frameMaker{rand.New(rand.NewPCG(5, 6))}
	var list [][]byte
	for i := range n {
		list = append(list, append(m.frame(), 0xfe, 0xed, byte(i>>8), byte(i)))
	}
	return list
}

func number(packet []byte) (int, bool) {
	if len(packet) < 4 || binary.BigEndian.Uint16(packet[len(packet)-4:]) != 0xfeed {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(packet[len(packet)-2:])), true
}

func filtered(t *testing.T, expression string) (*pcapfilter.Program, Config) {
	t.Helper()
	p, err := pcapfilter.Compile(expression, pcapfilter.Ethernet)
	if err != nil {
		t.Fatalf("%.60q: %v", expression, err)
	}
	return p, Config{PacketFilter: p.Instructions(), Packets: true, Snap: 2048, Queue: 1000}
}

// check demands that just the frames that match are counted and sent, however
// they were dropped. It returns the number of those.
func (l *lab) check(t *testing.T, d *Drops, expression string, program *pcapfilter.Program, frames [][]byte) (matching int) {
	t.Helper()
	for i := range ways {
		var want []int
		for n, frame := range frames {
			if seen := ways[i].frame(frame); ways[i].isPacket(frame) && program.Match(ways[i].typed(seen), len(seen)) {
				want = append(want, n)
			}
		}
		l.send(t, &ways[i], frames)
		got := numbers(t, events(t, d))
		if !slices.Equal(got, want) {
			t.Errorf("%q, %s: got %v, want %v", expression, ways[i].name, got, want)
		}
		matching += len(want)
	}
	if sum := total(read(t, d)).Packets; sum != uint64(matching) {
		t.Errorf("%q: counted %d, want %d", expression, sum, matching)
	}
	if m := misses(t, d); m != (Misses{}) {
		t.Errorf("%q: misses %+v", expression, m)
	}
	return matching
}

func TestRootPacketFilter(t *testing.T) {
	l := newLab(t)
	l.wire(t)
	frames := numbered(120)
	telling := 0
	for _, expression := range expressions {
		program, config := filtered(t, expression)
		d := l.watch(t, config)
		if n := l.check(t, d, expression, program, frames); n > 0 && n < len(frames)*len(ways) {
			telling++
		}
		d.Close()
	}
	t.Logf("%d expressions, %d tell frames apart", len(expressions), telling)
	if telling < 40 {
		t.Errorf("only %d expressions tell frames apart", telling)
	}
}

// The same with the programs for older kernels.
func TestRootVariantsPacketFilter(t *testing.T) {
	l := newLab(t)
	l.wire(t)
	types, err := kernelTypes(btf.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	given := arguments(types)
	frames := numbered(60)
	list := []string{"vlan and ip or ip[60:4] ^ ip[160:4] > 0x7fffffff", "len > 150 and not vlan", "ip6 and udp"}
	if os.Getenv("VMTEST") != "" {
		list = list[:1] // an emulated processor takes long to load each
	}
	for _, v := range []variant{{false, 2}, {false, 3}, {false, 4}, {true, 2}, {true, 3}, {true, 4}} {
		if v.args > given || v.args < given && len(list) == 1 {
			continue
		}
		for _, expression := range list {
			program, config := filtered(t, expression)
			config.NetNS = []uint32{l.netns}
			d, err := openVariant(config, v)
			if err != nil {
				t.Fatalf("%s: %q: %+v", v.name(), expression, err)
			}
			if n := l.check(t, d, expression, program, frames); n == 0 {
				t.Errorf("nothing matches %q", expression)
			}
			d.Close()
		}
	}
}

// typed puts in the type that follows from the version of IP, where the packet
// has no protocol.
func (w *way) typed(frame []byte) []byte {
	if w.name != "without a protocol" {
		return frame
	}
	kind := uint16(0x800)
	if frame[14]>>4 == 6 {
		kind = 0x86dd
	}
	return append(binary.BigEndian.AppendUint16(slices.Clone(frame[:12]), kind), frame[14:]...)
}

// isPacket tells whether there is anything to know a frame by.
func (w *way) isPacket(frame []byte) bool {
	return w.name != "without a protocol" || frame[14]>>4 == 4 || frame[14]>>4 == 6
}

func numbers(t *testing.T, list []Event) (found []int) {
	t.Helper()
	for _, e := range list {
		n, ok := number(e.Data)
		if !ok {
			t.Errorf("a packet that nobody sent: %x", e.Data)
		}
		found = append(found, n)
	}
	slices.Sort(found)
	return found
}

// TestRootUndecided sends packets that are too long to lie in one piece. What a
// filter cannot read is counted, and nothing is guessed.
func TestRootUndecided(t *testing.T) {
	l := newLab(t)
	l.wire(t)
	m := frameMaker{rand.New(rand.NewPCG(7, 8))}
	var frames [][]byte
	for i := range 50 {
		frame := append(make([]byte, 12), 8, 0)
		frame = append(append(frame, m.ipv4()...), m.bytes(6000)...)
		frames = append(frames, append(frame, 0xfe, 0xed, 0, byte(i)))
	}
	for expression, undecided := range map[string]uint64{
		"len > 5000":                            0,
		"ether[20000] = 1":                      0, // not in the frame
		"ether[5900] < 128":                     50,
		"len > 5000 or ether[5900] < 128":       0,
		"ether[13] = 1 and ether[5900:4] = 9":   0,
		"ether[13] = 0 and ether[20 * 290] < 9": 50,
	} {
		program, config := filtered(t, expression)
		d := l.watch(t, config)
		l.send(t, &ways[0], frames)
		want := uint64(0)
		for _, frame := range frames {
			if undecided == 0 && program.Match(frame, len(frame)) {
				want++
			}
		}
		got, m := total(read(t, d)).Packets, misses(t, d)
		if got != want || m != (Misses{Undecided: undecided}) || len(events(t, d)) != int(want) {
			t.Errorf("%q: counted %d, %+v; want %d, and %d undecided", expression, got, m, want, undecided)
		}
		d.Close()
	}
}
