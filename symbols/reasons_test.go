package symbols

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"
)

// enum makes a type of names with values that count on from 0 or from the last
// name in at.
func enum(name string, at map[string]uint64, names ...string) *btf.Enum {
	e := &btf.Enum{Name: name, Size: 4}
	next := uint64(0)
	for _, n := range names {
		if v, ok := at[n]; ok {
			next = v
		}
		e.Values = append(e.Values, btf.EnumValue{Name: n, Value: next})
		next++
	}
	return e
}

func spec(t *testing.T, types ...btf.Type) *btf.Spec {
	t.Helper()
	b, err := btf.NewBuilder(types, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Spec()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func coreEnum() *btf.Enum {
	return enum("skb_drop_reason", map[string]uint64{"SKB_DROP_REASON_SUBSYS_MASK": 0xffff0000},
		"SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "SKB_DROP_REASON_NOT_SPECIFIED", "SKB_DROP_REASON_NO_SOCKET",
		"SKB_DROP_REASON_QDISC_DROP", "SKB_DROP_REASON_MAX", "SKB_DROP_REASON_SUBSYS_MASK")
}

func subsystemEnum() *btf.Enum {
	return enum("skb_drop_reason_subsys", nil,
		"SKB_DROP_REASON_SUBSYS_CORE", "SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE",
		"SKB_DROP_REASON_SUBSYS_OPENVSWITCH", "SKB_DROP_REASON_SUBSYS_QDISC",
		"SKB_DROP_REASON_SUBSYS_NOVEL", "SKB_DROP_REASON_SUBSYS_NUM")
}

func qdiscEnum() *btf.Enum {
	return enum("qdisc_drop_reason", map[string]uint64{"__QDISC_DROP_REASON": 0x30000},
		"QDISC_DROP_UNSPEC", "__QDISC_DROP_REASON", "QDISC_DROP_GENERIC", "QDISC_DROP_OVERLIMIT", "QDISC_DROP_MAX")
}

func ovsSpec(t *testing.T) *btf.Spec {
	return spec(t, enum("ovs_drop_reason", map[string]uint64{"__OVS_DROP_REASON": 0x20000},
		"__OVS_DROP_REASON", "OVS_DROP_LAST_ACTION", "OVS_DROP_METER", "OVS_DROP_MAX"))
}

func mac80211Spec(t *testing.T) *btf.Spec {
	return spec(t,
		enum("___mac80211_drop_reason", map[string]uint64{"___RX_CONTINUE": 1, "___RX_QUEUED": 0, "___RX_DROP_UNUSABLE": 0x10000},
			"___RX_CONTINUE", "___RX_QUEUED", "___RX_DROP_UNUSABLE", "___RX_DROP_U_MIC_FAIL", "___RX_DROP_U_REPLAY"),
		enum("mac80211_drop_reason", map[string]uint64{"RX_CONTINUE": 1, "RX_QUEUED": 0, "RX_DROP_U_MIC_FAIL": 0x10001},
			"RX_CONTINUE", "RX_QUEUED", "RX_DROP_U_MIC_FAIL", "RX_DROP_U_REPLAY"))
}

func newReasons(t *testing.T, kernel *btf.Spec, modules map[string]*btf.Spec) *Reasons {
	t.Helper()
	r, err := NewReasons(kernel, modules)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fullReasons(t *testing.T) *Reasons {
	return newReasons(t, spec(t, coreEnum(), subsystemEnum(), qdiscEnum()), map[string]*btf.Spec{
		"openvswitch": ovsSpec(t),
		"mac80211":    mac80211Spec(t),
		// Enums that look like reasons of a subsystem but are not.
		"flags": spec(t, enum("some_flags", map[string]uint64{"FLAG_A": 0x10001, "FLAG_B": 0x40001}, "FLAG_A", "FLAG_B")),
		"novel_driver": spec(t, enum("weird_drop_reasons", map[string]uint64{"WEIRD_FIRST": 0x40001},
			"WEIRD_FIRST", "WEIRD_SECOND")),
	})
}

func TestReasonName(t *testing.T) {
	tests := []struct {
		code            uint32
		subsystem, name string
		text            string
	}{
		{0, "core", "NOT_DROPPED_YET", "NOT_DROPPED_YET"},
		{1, "core", "CONSUMED", "CONSUMED"},
		{3, "core", "NO_SOCKET", "NO_SOCKET"},
		{4, "core", "QDISC_DROP", "QDISC_DROP"},
		{5, "core", "", "0x5"}, // MAX
		{6, "core", "", "0x6"},
		{0x10000, "mac80211_unusable", "RX_DROP_UNUSABLE", "mac80211_unusable/RX_DROP_UNUSABLE"},
		{0x10001, "mac80211_unusable", "RX_DROP_U_MIC_FAIL", "mac80211_unusable/RX_DROP_U_MIC_FAIL"},
		{0x10003, "mac80211_unusable", "", "0x10003"},
		{0x20000, "openvswitch", "", "0x20000"}, // the mark of the start
		{0x20002, "openvswitch", "OVS_DROP_METER", "openvswitch/OVS_DROP_METER"},
		{0x20003, "openvswitch", "", "0x20003"}, // MAX
		{0x30001, "qdisc", "GENERIC", "qdisc/GENERIC"},
		{0x40002, "novel", "WEIRD_SECOND", "novel/WEIRD_SECOND"},
		{0x50001, "", "", "0x50001"},
		{0xffff0000, "", "", "0xffff0000"}, // the mask
	}
	r := fullReasons(t)
	for _, test := range tests {
		subsystem, name, ok := r.Name(test.code)
		if subsystem != test.subsystem || name != test.name || ok != (test.name != "") {
			t.Errorf("Name(%#x) = %q, %q, %v, want %q, %q", test.code, subsystem, name, ok, test.subsystem, test.name)
		}
		if text := r.Text(test.code); text != test.text {
			t.Errorf("Text(%#x) = %q, want %q", test.code, text, test.text)
		}
	}
}

func TestReasonValuesWithoutSubsystem(t *testing.T) {
	plain := spec(t, enum("ovs_drop_reason", nil, "__OVS_DROP_REASON", "OVS_DROP_LAST_ACTION", "OVS_DROP_MAX"))
	r := newReasons(t, spec(t, coreEnum(), subsystemEnum()), map[string]*btf.Spec{"openvswitch": plain})
	if got := r.Text(0x20001); got != "openvswitch/OVS_DROP_LAST_ACTION" {
		t.Errorf("got %s", got)
	}
	if got := r.Text(1); got != "CONSUMED" {
		t.Errorf("core reason is now %s", got)
	}
}

func TestReasonsOfBuiltInSubsystem(t *testing.T) {
	ovs := enum("ovs_drop_reason", map[string]uint64{"OVS_DROP_LAST_ACTION": 0x20001}, "OVS_DROP_LAST_ACTION")
	novel := enum("xyz_drop_reason", map[string]uint64{"XYZ": 0x40001}, "XYZ")
	r := newReasons(t, spec(t, coreEnum(), subsystemEnum(), ovs, novel), nil)
	for code, want := range map[uint32]string{0x20001: "openvswitch/OVS_DROP_LAST_ACTION", 0x40001: "novel/XYZ"} {
		if got := r.Text(code); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestQdiscName(t *testing.T) {
	plain := enum("qdisc_drop_reason", nil, "QDISC_DROP_UNSPEC", "QDISC_DROP_GENERIC", "QDISC_DROP_OVERLIMIT", "QDISC_DROP_MAX")
	for name, e := range map[string]*btf.Enum{"with subsystem": qdiscEnum(), "without": plain} {
		t.Run(name, func(t *testing.T) {
			r := newReasons(t, spec(t, coreEnum(), subsystemEnum(), e), nil)
			for code, want := range map[uint32]string{
				0: "UNSPEC", 1: "GENERIC", 2: "OVERLIMIT", 3: "", 0x30001: "GENERIC", 0x30002: "OVERLIMIT", 0x30003: "", 0x20001: "",
			} {
				if got, ok := r.QdiscName(code); got != want || ok != (want != "") {
					t.Errorf("QdiscName(%#x) = %q, %v, want %q", code, got, ok, want)
				}
			}
		})
	}
	r := newReasons(t, spec(t, coreEnum(), subsystemEnum()), nil)
	if got, ok := r.QdiscName(1); ok {
		t.Errorf("a kernel without the enum names %s", got)
	}
}

func TestReasonCode(t *testing.T) {
	clash := enum("ovs_drop_reason", map[string]uint64{"NO_SOCKET": 0x20001}, "NO_SOCKET")
	r := newReasons(t, spec(t, coreEnum(), subsystemEnum(), qdiscEnum()),
		map[string]*btf.Spec{"openvswitch": spec(t, clash), "mac80211": mac80211Spec(t)})
	for name, want := range map[string][]uint32{
		"NO_SOCKET":                 {3, 0x20001},
		"no_socket":                 {3, 0x20001},
		"SKB_DROP_REASON_NO_SOCKET": {3, 0x20001},
		"openvswitch/No_Socket":     {0x20001},
		"core/NO_SOCKET":            {3},
		"skb_consumed":              {1},
		"QDISC_DROP":                {4},
		"QDISC_DROP_OVERLIMIT":      {0x30002},
		"overlimit":                 {0x30002},
		"RX_DROP_U_REPLAY":          {0x10002},
		"MAX":                       nil,
		"":                          nil,
		"/":                         nil,
		"nothing":                   nil,
	} {
		if diff := cmp.Diff(want, r.Code(name)); diff != "" {
			t.Errorf("Code(%q): %s", name, diff)
		}
	}
}

func TestReasonsAll(t *testing.T) {
	var got []uint32
	for _, reason := range fullReasons(t).All() {
		if reason.Name == "" || reason.Subsystem == "" {
			t.Errorf("incomplete %+v", reason)
		}
		got = append(got, reason.Code)
	}
	// The module that only a search of everything finds is not listed.
	want := []uint32{0, 1, 2, 3, 4, 0x10000, 0x10001, 0x10002, 0x20001, 0x20002, 0x30001, 0x30002}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReasonsOfOldKernel(t *testing.T) {
	r := newReasons(t, spec(t, &btf.Int{Name: "int", Size: 4}), nil)
	if subsystem, name, ok := r.Name(3); subsystem != "" || name != "" || ok {
		t.Errorf("got %q, %q, %v", subsystem, name, ok)
	}
	if len(r.All()) != 0 || len(r.Code("NO_SOCKET")) != 0 || r.Text(3) != "0x3" {
		t.Error("names from nowhere")
	}
	r = newReasons(t, spec(t, coreEnum()), nil) // 5.17 to 6.3 know no subsystems
	if subsystem, name, _ := r.Name(3); subsystem != "core" || name != "NO_SOCKET" {
		t.Errorf("got %q, %q", subsystem, name)
	}
	if got := r.Text(0x10001); got != "0x10001" {
		t.Errorf("got %s", got)
	}
}

// noTypes is a kernel without BTF.
type noTypes struct{ givenTypes }

func (noTypes) vmlinux() (*btf.Spec, error) { return nil, btf.ErrNotSupported }

func TestReasonsWithoutBTF(t *testing.T) {
	_, err := loadReasons(func() typeSource { return noTypes{} })
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "CONFIG_DEBUG_INFO_BTF=y") {
		t.Errorf("got %v", err)
	}
}

// countingTypes is a kernel whose modules can be loaded later.
type countingTypes struct {
	givenTypes
	read   *int
	broken map[string]bool
}

func (c countingTypes) module(name string) (*btf.Spec, error) {
	*c.read++
	if c.broken[name] {
		return nil, errors.New("broken")
	}
	return c.givenTypes.module(name)
}

func TestReasonsOfModuleLoadedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened, read int
		types := countingTypes{
			givenTypes: givenTypes{kernel: spec(t, coreEnum(), subsystemEnum()), byName: map[string]*btf.Spec{}},
			read:       &read,
			broken:     map[string]bool{"a_broken_one": true},
		}
		types.byName["a_broken_one"] = nil
		r, err := readReasons(func() typeSource { opened++; return types })
		if err != nil {
			t.Fatal(err)
		}
		steps := []struct {
			wait         time.Duration
			code         uint32
			want         string
			opened, read int
		}{
			{0, 3, "NO_SOCKET", 1, 0},
			{0, 9, "0x9", 1, 0},           // nothing to search for the core
			{0, 0x90001, "0x90001", 1, 0}, // nor for a subsystem without name
			{0, 0x20001, "0x20001", 2, 1},
			{time.Second, 0x20002, "0x20002", 2, 1},
			{time.Minute, 0x20001, "openvswitch/OVS_DROP_LAST_ACTION", 3, 2},
			{0, 0x20002, "openvswitch/OVS_DROP_METER", 3, 2},
			{time.Hour, 0x20009, "0x20009", 3, 2}, // the module is known now
		}
		for i, step := range steps {
			time.Sleep(step.wait)
			if got := r.Text(step.code); got != step.want || opened != step.opened || read != step.read {
				t.Fatalf("step %d: %s after %d openings and %d modules, want %+v", i, got, opened, read, step)
			}
			if i == 3 {
				types.byName["openvswitch"] = ovsSpec(t)
			}
		}
	})
}

func TestReasonsConcurrent(t *testing.T) {
	r := fullReasons(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range uint32(200) {
				code := i%5<<16 | 1
				if _, _, ok := r.Name(code); !ok {
					t.Errorf("no name for %#x", code)
				}
				r.All()
			}
		})
	}
	group.Wait()
}
