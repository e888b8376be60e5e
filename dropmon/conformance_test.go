package dropmon

import (
	"errors"
	"os"
	"testing"
	"time"

	"dropwatch/internal/netdm"
	"dropwatch/internal/scenario"
)

// A subject is a source that must keep the promises of Source.
type subject struct {
	name   string // as Config.Source
	config Config // what makes it this subject
	open   func(Config) (Source, error)

	lab  *scenario.Lab
	drop func(t *testing.T, lab *scenario.Lab, packets int)
	mine func(*Drop) bool // one of those that drop makes

	counts  bool          // by location only: no single packets, no samples
	samples bool          // shows some packets of each group
	shared  bool          // also sees, and cannot tell apart, what others on this host drop
	flows   int           // more than it has room for; 0 if it tells none apart
	reasons bool          // says that it tells reasons, also where the kernel gives none
	early   time.Duration // by how much a deadline may be rounded down
}

// eventBuffer is by how much internal/bpf may return early: the library that it
// waits with counts whole milliseconds.
const eventBuffer = time.Millisecond

// promises are what everybody may rely on who has a Source.
var promises = []struct {
	name string
	keep func(*testing.T, *subject)
}{
	{"name", keepsName},
	{"deadline", keepsDeadline},
	{"wake", keepsWake},
	{"groups", keepsGroups},
	{"packets", keepsPackets},
	{"samples", keepsSamples},
	{"idle", keepsIdle},
	{"stop in groups", func(t *testing.T, s *subject) { keepsStop(t, s, false) }},
	{"stop in packets", func(t *testing.T, s *subject) { keepsStop(t, s, true) }},
	{"rate limit", keepsRateLimit},
	{"tells", keepsTells},
	{"two at once", keepsTwo},
	{"close", keepsClose},
	{"too many groups", keepsTooMany},
	{"burst in groups", func(t *testing.T, s *subject) { keepsBurst(t, s, false) }},
	{"burst in packets", func(t *testing.T, s *subject) { keepsBurst(t, s, true) }},
}

func conform(t *testing.T, s *subject) {
	for _, promise := range promises {
		t.Run(promise.name, func(t *testing.T) { promise.keep(t, s) })
	}
}

func TestRootConformance(t *testing.T) {
	needRoot(t)
	t.Run("ebpf", func(t *testing.T) {
		lab := newLab(t)
		conform(t, &subject{
			name: "ebpf", config: Config{Source: "ebpf", Restrict: Restriction{NetNS: []uint32{lab.Inode(scenario.A)}}}, open: Open,
			lab: lab, drop: dropDatagrams, samples: true, early: eventBuffer, reasons: true, flows: detailEntries + 4000,
			mine: func(d *Drop) bool { return d.NetNS.Inode == lab.Inode(scenario.A) && datagram(d) },
		})
	})
	t.Run("tracefs", func(t *testing.T) {
		root := mountTracefs(t)
		conform(t, &subject{
			name: "tracefs", config: Config{Source: "tracefs"},
			open: func(c Config) (Source, error) { return openTracefsAt(root, c) },
			lab:  newLab(t), drop: dropFrames, shared: true, reasons: true,
			mine: func(d *Drop) bool { return d.Protocol == strangeProtocol },
		})
	})
}

// In a guest nobody else drops datagrams.
func TestVMConformance(t *testing.T) {
	needIdleMonitor(t)
	lab := newLab(t)
	t.Run("netdm packets", func(t *testing.T) {
		conform(t, &subject{
			name: "netdm", config: Config{Source: "netdm"}, open: Open,
			lab: lab, drop: dropDatagrams, mine: datagram, samples: true,
		})
	})
	t.Run("netdm coarse", func(t *testing.T) {
		conform(t, &subject{
			name: "netdm", config: Config{Source: "netdm", Coarse: true}, open: Open,
			lab: lab, drop: dropDatagrams, counts: true, shared: true,
			mine: func(d *Drop) bool { return d.Origin == Software },
		})
	})
}

// Both sources at once are for hosts that have devices with traps. An emulated
// processor takes long to load the programs of each promise, so one kernel with
// simulated devices is enough.
func TestVMBothConform(t *testing.T) {
	needIdleMonitor(t)
	simulated(t)
	lab := newLab(t)
	conform(t, &subject{
		name: "ebpf+netdm", config: Config{Source: "ebpf+netdm"}, open: Open,
		lab: lab, drop: dropDatagrams, samples: true, early: eventBuffer, reasons: true,
		mine: func(d *Drop) bool { return d.NetNS.Inode == lab.Inode(scenario.A) && datagram(d) },
	})
}

func datagram(d *Drop) bool {
	return d.Origin == Software && d.Protocol == EtherTypeIPv4 && d.Transport == 17
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal("run as root: the sources and network namespaces need it")
	}
	t.Skip("needs root for the sources and network namespaces")
}

// needIdleMonitor leaves the test to a guest where there is no drop monitor.
func needIdleMonitor(t *testing.T) {
	t.Helper()
	client, err := netdm.Dial(netdm.Config{})
	if err != nil {
		if os.Getenv("VMTEST") == "" && errors.Is(err, netdm.ErrNotAvailable) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	defer client.Close()
	state, err := client.State()
	if err != nil || state != netdm.Idle {
		t.Fatalf("the drop monitor is %v, %v; nobody else may use it", state, err)
	}
}
