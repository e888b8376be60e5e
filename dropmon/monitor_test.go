package dropmon

import (
	"testing"

	"dropwatch/internal/netdm"
)

func TestParseOrigins(t *testing.T) {
	for _, name := range OriginNames() {
		o, err := ParseOrigins(name)
		if err != nil || o == 0 || o.String() != name {
			t.Errorf("%s: %d (%s), %v", name, o, o, err)
		}
	}
	for _, name := range []string{"", "Software", "sw", "software,hardware"} {
		if o, err := ParseOrigins(name); err == nil {
			t.Errorf("%q: %d", name, o)
		}
	}
	if got := Origins(0).String(); got != "" {
		t.Errorf("none: %q", got)
	}
}

func TestActivityOf(t *testing.T) {
	for state, want := range map[netdm.State]Activity{
		netdm.StateUnknown: ActivityUnknown, netdm.Idle: ActivityIdle, netdm.Ours: ActivityOn, netdm.Foreign: ActivityOn,
	} {
		if got := activityOf(state); got != want {
			t.Errorf("%v: %d, want %d", state, got, want)
		}
	}
}

func TestListensOnly(t *testing.T) {
	for _, passive := range []bool{true, false} {
		s := &netdmSource{passive: passive}
		for name, source := range map[string]Source{
			"plain": s, "with eBPF": &both{software: &ebpfSource{}, hardware: s}, "second choice": substitute{Source: s},
		} {
			if ListensOnly(source) != passive {
				t.Errorf("%s: %t, want %t", name, !passive, passive)
			}
		}
	}
	if ListensOnly(&ebpfSource{}) {
		t.Error("eBPF listens only")
	}
}

// Whose drops an alert is about, the kernel decides: it may be one that this
// program does not know.
func TestOriginsOf(t *testing.T) {
	for name, test := range map[string]struct {
		alert netdm.Alert
		want  Origins
	}{
		"software packet":  {netdm.Alert{Mode: netdm.Packets}, SoftwareDrops},
		"hardware packet":  {netdm.Alert{Mode: netdm.Packets, Packet: netdm.Packet{Origin: netdm.Hardware}}, HardwareDrops},
		"unknown packet":   {netdm.Alert{Mode: netdm.Packets, Packet: netdm.Packet{Origin: 300}}, 0},
		"software summary": {netdm.Alert{Hits: make([]netdm.Hit, 1)}, SoftwareDrops},
		"hardware summary": {netdm.Alert{Traps: make([]netdm.TrapHit, 1)}, HardwareDrops},
		"empty summary":    {netdm.Alert{}, SoftwareDrops},
	} {
		if got := originsOf(&test.alert); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
