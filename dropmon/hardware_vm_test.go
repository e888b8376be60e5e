package dropmon

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/vmtest/netdevsim"
)

// Groups of the traps that the device reports in these tests.
func trapGroups() map[string]string {
	return map[string]string{
		"fid_miss":                 "l2_drops",
		"ttl_value_is_too_small":   "l3_exceptions",
		"ingress_flow_action_drop": "acl_drops",
	}
}

const trapCookie = "\x0a\x1b\x2c\x3d"

// simulated makes a device that reports three traps while its port is up.
func simulated(t *testing.T) *netdevsim.Device {
	t.Helper()
	device, err := netdevsim.New(78)
	if errors.Is(err, netdevsim.ErrNotBuilt) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := device.Close(); err != nil {
			t.Error(err)
		}
	})
	check(t, device.SetCookie("0a1b2c3d"))
	check(t, device.SetAction("ingress_flow_action_drop", "trap"))
	return device
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A sighting is what a source told of one run, next to what happened in it.
type sighting struct {
	datagrams uint64 // seen, of the 100 sent to a closed port
	software  uint64 // all software drops seen
	hardware  uint64
	traps     map[string]uint64 // seen, by name
	reported  map[string]uint64 // by the device
	stats     Stats
}

// datagrams is how many each run sends to a closed port.
const datagrams = 100

// sight runs a source while datagrams are dropped and the device reports.
func sight(t *testing.T, device *netdevsim.Device, config Config, each func(*Drop)) sighting {
	t.Helper()
	before, err := device.Settled()
	check(t, err)
	config.Detail = DetailFlow
	s, err := Open(config)
	check(t, err)
	defer func() { check(t, s.Close()) }()
	check(t, device.Up())
	port := sendToClosed(t)
	got := sighting{traps: map[string]uint64{}, reported: map[string]uint64{}}
	take := func(d *Drop) {
		got.add(d, port)
		each(d)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		check(t, s.Receive(time.Now().Add(100*time.Millisecond), take))
		now, err := device.Counts()
		check(t, err)
		if now["fid_miss"] >= before["fid_miss"]+5 && now["ingress_flow_action_drop"] >= before["ingress_flow_action_drop"]+5 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the device reports too little: %v, then %v", before, now)
		}
	}
	after, err := device.Settled()
	check(t, err)
	for trap := range trapGroups() {
		got.reported[trap] = after[trap] - before[trap]
	}
	check(t, s.Stop())
	check(t, s.Receive(time.Now(), take))
	got.stats, err = s.Stats()
	check(t, err)
	return got
}

func (got *sighting) add(d *Drop, port uint16) {
	if d.Origin == Hardware {
		got.hardware += d.Packets
		got.traps[d.Trap.Name] += d.Packets
		return
	}
	got.software += d.Packets
	if d.Transport == 17 && d.Flow.Destination.Port() == port {
		got.datagrams += d.Packets
	}
}

// sendToClosed sends datagrams to a port of this host that nobody listens on.
func sendToClosed(t *testing.T) uint16 {
	t.Helper()
	closed, err := net.ListenPacket("udp4", "127.0.0.1:0")
	check(t, err)
	to := closed.LocalAddr().(*net.UDPAddr)
	check(t, closed.Close())
	from, err := net.ListenPacket("udp4", "127.0.0.1:0")
	check(t, err)
	defer from.Close()
	for range datagrams {
		_, err := from.WriteTo([]byte("dropwatch"), to)
		check(t, err)
	}
	return uint16(to.Port)
}

// checkTrap looks at one drop of the device.
func checkTrap(t *testing.T, device *netdevsim.Device, d *Drop) {
	t.Helper()
	if d.Origin != Hardware {
		if d.Trap != (Trap{}) {
			t.Errorf("software drop with trap %+v", d.Trap)
		}
		return
	}
	want := Trap{Name: d.Trap.Name, Group: trapGroups()[d.Trap.Name]}
	if d.Trap.Name == "ingress_flow_action_drop" {
		want.Cookie = trapCookie
	}
	if d.Trap != want || d.Interface.Name != device.Port || d.Interface.Index == 0 || d.Location != 0 || d.Reason.Name != "" {
		t.Errorf("trap %+v, interface %+v, location %#x, reason %q; want trap %+v, interface %s", d.Trap, d.Interface, d.Location, d.Reason.Name, want, device.Port)
	}
	// what the module makes up: a datagram of 142 bytes with the Ethernet header
	if d.Packets > 0 && (d.Bytes != 128*d.Packets || d.Protocol != EtherTypeIPv4 || d.Transport != 17 || d.Flow.Destination.Addr() != netip.MustParseAddr("198.51.100.1")) {
		t.Errorf("%d packets, %d bytes of protocol %#x, %d to %v", d.Packets, d.Bytes, d.Protocol, d.Transport, d.Flow.Destination)
	}
}

// Each source with each choice of origins counts exactly what was dropped: the
// datagrams once, and as many packets of each trap as the device has reported.
func TestVMHardwareOrigins(t *testing.T) {
	needIdleMonitor(t)
	device := simulated(t)
	for _, test := range []struct {
		source             string
		origins            Origins
		software, hardware bool
	}{
		{"ebpf+netdm", SoftwareDrops | HardwareDrops, true, true},
		{"netdm", SoftwareDrops, true, false},
		{"netdm", HardwareDrops, false, true},
		{"netdm", SoftwareDrops | HardwareDrops, true, true},
		{"auto", HardwareDrops, false, true},
		{"auto", SoftwareDrops | HardwareDrops, true, true},
	} {
		t.Run(test.source+" "+test.origins.String(), func(t *testing.T) {
			config := Config{Source: test.source, Origins: test.origins}
			got := sight(t, device, config, func(d *Drop) { checkTrap(t, device, d) })
			if got.stats != (Stats{}) {
				t.Errorf("missed something: %+v", got.stats)
			}
			if test.software && got.datagrams != datagrams || !test.software && got.software != 0 {
				t.Errorf("%d datagrams and %d software drops in all", got.datagrams, got.software)
			}
			want := got.reported
			if !test.hardware {
				want = map[string]uint64{}
			}
			if diff := cmp.Diff(want, got.traps); diff != "" {
				t.Errorf("hardware drops (-reported +seen)\n%s", diff)
			}
		})
	}
}

// A summary has no group, no port and no cookie, but exact numbers.
func TestVMHardwareCoarse(t *testing.T) {
	needIdleMonitor(t)
	device := simulated(t)
	got := sight(t, device, Config{Source: "netdm", Origins: HardwareDrops, Coarse: true}, func(d *Drop) {
		if d.Trap.Name == "" || d.Trap.Group != "" || d.Interface != (Interface{}) {
			t.Errorf("drop %+v", d)
		}
	})
	if diff := cmp.Diff(got.reported, got.traps); diff != "" || got.software != 0 || got.stats != (Stats{}) {
		t.Errorf("%d software drops, %+v (-reported +seen)\n%s", got.software, got.stats, diff)
	}
}

// Single packets of both origins come through one call.
func TestVMHardwarePackets(t *testing.T) {
	needIdleMonitor(t)
	device := simulated(t)
	got := sight(t, device, Config{Source: "ebpf+netdm", Packets: true}, func(d *Drop) {
		checkTrap(t, device, d)
		if len(d.Packet) == 0 || d.Length == 0 {
			t.Errorf("%v drop of %d bytes shows %d", d.Origin, d.Length, len(d.Packet))
		}
	})
	if diff := cmp.Diff(got.reported, got.traps); diff != "" || got.datagrams != datagrams || got.stats != (Stats{}) {
		t.Errorf("%d datagrams, %+v (-reported +seen)\n%s", got.datagrams, got.stats, diff)
	}
}
