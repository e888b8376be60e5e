package ethstat

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"dropwatch/counters/internal/nldump"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// put nests attributes, as the kernel does.
func put(kind uint16, inside ...[]byte) []byte {
	var all []byte
	for _, part := range inside {
		all = append(all, part...)
	}
	return nldump.Append(nil, kind|unix.NLA_F_NESTED, all)
}

func put32(kind uint16, value uint32) []byte { return nldump.Append(nil, kind, nldump.Uint32(value)) }

func put64(kind uint16, values ...uint64) []byte {
	var data []byte
	for _, v := range values {
		data = binary.NativeEndian.AppendUint64(data, v)
	}
	return nldump.Append(nil, kind, data)
}

func text(kind uint16, value string) []byte { return nldump.Append(nil, kind, []byte(value+"\x00")) }

func header(index uint32, name string) []byte { return append(put32(1, index), text(2, name)...) }

// statsReplyBytes is what a driver with standard statistics makes the kernel
// answer; the last group and a statistic are of a newer kernel.
func statsReplyBytes() []byte {
	reply := put(2, header(3, "eth1"))
	reply = append(reply, put32(5, 0)...) // ETHTOOL_A_STATS_SRC
	reply = append(reply, put(4, put32(2, 1), put32(3, 18), put(4, put64(4, 99)), put(4, nldump.Append(nil, 1, nil), put64(1, 7)), put(4, put64(30, 5)))...)
	reply = append(reply, put(4, put32(2, 3), put32(3, 20), put(4, put64(2, 4)),
		put(5, put32(7, 65), put32(8, 127), put64(9, 11)), put(6, put32(7, 0), put32(8, 64), put64(9, 12)))...)
	return append(reply, put(4, put32(2, 9), put32(3, 77), put(4, put64(0, 1)))...)
}

func TestStandardReply(t *testing.T) {
	r, ok, err := decodeReply(nldump.Walk(statsReplyBytes()))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	c := &Conn{sets: map[uint32][]string{
		16: {"eth-phy", "eth-mac", "eth-ctrl", "rmon"},
		18: {"FramesTransmittedOK", "SingleCollisionFrames", "MultipleCollisionFrames", "FramesReceivedOK", "FrameCheckSequenceErrors"},
		20: {"etherStatsUndersizePkts", "etherStatsOversizePkts", "etherStatsFragments"},
		77: nil,
	}}
	got, err := c.name(r)
	want := []Stat{
		{"eth-mac.FrameCheckSequenceErrors", 99}, {"eth-mac.SingleCollisionFrames", 7}, {"eth-mac.stat_30", 5},
		{"rmon.etherStatsFragments", 4}, {"rmon.rx-etherStatsPkts65to127Octets", 11}, {"rmon.tx-etherStatsPkts0to64Octets", 12},
		{"group_9.stat_0", 1},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || r.index != 3 || r.name != "eth1" {
		t.Error(r.index, r.name, err, diff)
	}
}

func TestSide(t *testing.T) {
	for name, test := range map[string]struct {
		kind sideKind
		data []byte
		want []Stat
	}{
		"pause":       {pauseKind(), append(put(1, header(3, "eth1")), append(nldump.Append(nil, 2, []byte{1}), put(5, nldump.Append(nil, 1, nil), put64(2, 8), put64(3, 9))...)...), []Stat{{"pause.tx_frames", 8}, {"pause.rx_frames", 9}}},
		"fec":         {fecKind(), append(put(1, header(3, "eth1")), put(5, put64(2, 30, 10, 20), put64(3), put64(4, 5), put64(5, 6))...), []Stat{{"fec.corrected_blocks", 30}, {"fec.corrected_bits", 5}, {"fec.stat_3", 6}}},
		"not counted": {pauseKind(), put(1, header(3, "eth1")), nil},
	} {
		d, ok, err := test.kind.decode(nldump.Walk(test.data))
		if diff := cmp.Diff(test.want, d.Stats); diff != "" || err != nil || ok != (test.want != nil) || d.Index != 3 {
			t.Errorf("%s: %t %v %s", name, ok, err, diff)
		}
	}
}

func TestRings(t *testing.T) {
	data := append(put(1, header(3, "eth1")), put32(2, 4096)...)
	for kind := uint16(3); kind < 10; kind++ {
		data = append(data, put32(kind, uint32(kind))...)
	}
	data = append(data, nldump.Append(nil, 11, []byte{1})...) // of newer kernels
	got, ok, err := decodeRings(nldump.Walk(data))
	want := Rings{Index: 3, Name: "eth1", RxMax: 4096, RxMiniMax: 3, RxJumboMax: 4, TxMax: 5, Rx: 6, RxMini: 7, RxJumbo: 8, Tx: 9}
	if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
		t.Error(ok, err, diff)
	}
}

func TestStrings(t *testing.T) {
	one := func(place uint32, name string) []byte { return put(1, put32(1, place), text(2, name)) }
	data := append(put(1), put(2,
		put(1, put32(1, 17), put32(2, 1), put(3, one(0, "other"))),
		put(1, put32(1, 18), put32(2, 3), put(3, one(0, "a"), one(2, "c"))))...)
	got, err := decodeStrings(nldump.Walk(data), 18)
	if diff := cmp.Diff([]string{"a", "", "c"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if got, err := decodeStrings(nldump.Walk(data), 19); got != nil || err != nil {
		t.Errorf("a set that is not there: %v %v", got, err)
	}
	bad := put(2, put(1, put32(1, 18), put(3, one(1<<31, "far"))))
	if _, err := decodeStrings(nldump.Walk(bad), 18); err == nil || !strings.Contains(err.Error(), "place 2147483648 is not below 4096") {
		t.Errorf("error %v", err)
	}
}

// Drivers leave gaps, fill all 32 bytes, or use a name twice.
func TestDriver(t *testing.T) {
	long := strings.Repeat("x", nameBytes)
	var block, values []byte
	for i, name := range []string{"rx_drops", "", long, "twice", "twice", " padded "} {
		field := make([]byte, nameBytes)
		copy(field, name)
		block = append(block, field...)
		values = binary.NativeEndian.AppendUint64(values, uint64(i))
	}
	want := []Stat{{"rx_drops", 0}, {long, 2}, {"twice", 3}, {"twice", 4}, {"padded", 5}}
	if diff := cmp.Diff(want, decodeDriver(decodeNames(block), values)); diff != "" {
		t.Error(diff)
	}
	if got := decodeDriver(decodeNames(block), values[:17]); len(got) != 1 {
		t.Errorf("%v of two values", got)
	}
}

// The same block of names is decoded once, and not too many are kept.
func TestNamesAreKept(t *testing.T) {
	c := &Conn{known: map[string][]string{}}
	block := func(i int) []byte {
		b := make([]byte, nameBytes)
		copy(b, fmt.Sprint(i))
		return b
	}
	first := c.names(block(1))
	if again := c.names(block(1)); &first[0] != &again[0] {
		t.Error("decoded twice")
	}
	for i := range 3 * maxKnown {
		c.names(block(i))
	}
	if len(c.known) > maxKnown {
		t.Errorf("%d kept", len(c.known))
	}
}

func TestDecodeErrors(t *testing.T) {
	for want, decode := range map[string]func() error{
		"3 bytes are no generic netlink message": func() error { _, err := decodeFamily([]byte{1, 2, 3}); return err },
		"no attribute CTRL_ATTR_FAMILY_ID":       func() error { _, err := decodeFamily(request(1)); return err },
		"attribute CTRL_ATTR_FAMILY_ID: has 4 bytes, not 2": func() error {
			_, err := decodeFamily(append(request(1), put32(1, 5)...))
			return err
		},
		"decode rings of eth1: attribute of ring sizes: has 8 bytes, not 4": func() error {
			_, _, err := decodeRings(nldump.Walk(append(put(1, header(3, "eth1")), put64(2, 5)...)))
			return err
		},
		"decode statistics of eth1: attribute 4 of ETHTOOL_A_STATS: a group without its number": func() error {
			_, _, err := decodeReply(nldump.Walk(append(put(2, header(3, "eth1")), put(4, put32(2, 1))...)))
			return err
		},
		"decode pause statistics of eth1: attribute 5 of pause: attribute rx_frames: 4 bytes are no numbers of 64 bits": func() error {
			_, _, err := pauseKind().decode(nldump.Walk(append(put(1, header(3, "eth1")), put(5, put32(3, 1))...)))
			return err
		},
	} {
		if err := decode(); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
}

// captured is a message of a real kernel, from x86, after the generic header.
func captured(t *testing.T, name string) nldump.Attributes {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("captures are little-endian")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := generic(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCaptured(t *testing.T) {
	rings, ok, err := decodeRings(captured(t, "testdata/6.18/rings.bin"))
	if want := (Rings{Index: 4, Name: "eth0", Rx: 256, RxMax: 256, Tx: 256, TxMax: 256}); rings != want || !ok || err != nil {
		t.Errorf("%+v %t %v", rings, ok, err)
	}
	groups, err := decodeStrings(captured(t, "testdata/6.18/groups.bin"), groupsSet)
	if diff := cmp.Diff([]string{"eth-phy", "eth-mac", "eth-ctrl", "rmon", "phydev"}, groups); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
