package record

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dropwatch/internal/peer/identity"
)

var exact = cmp.Options{cmpopts.EquateComparable(netip.Addr{})}

// decodeAll decodes the packets, in an order of their own, and merges them.
func decodeAll(t testing.TB, packets [][]byte, order []int) *Report {
	t.Helper()
	var parts []*Packet
	for _, i := range order {
		p, err := Decode(packets[i])
		if err != nil {
			t.Fatalf("part %d: %v", i, err)
		}
		if err := p.Verify(testKey.Public().(ed25519.PublicKey)); err != nil {
			t.Fatalf("part %d: %v", i, err)
		}
		parts = append(parts, p)
	}
	if !Complete(parts...) {
		t.Fatal("not complete")
	}
	merged, err := Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// TestRoundTrip holds that what is sent arrives: absent stays absent, zero
// stays zero, every number exact, every list in order, or counted as left out.
func TestRoundTrip(t *testing.T) {
	split, full := 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := randomReport(r)
		packets, err := Encode(want, testHeader, testKey)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got := decodeAll(t, packets, r.Perm(len(packets)))
		if len(packets) > 1 {
			split++
		}
		if got.LeftOut != want.LeftOut {
			full++
			continue
		}
		if diff := cmp.Diff(want, got, exact); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
	if split == 0 || full > 200 {
		t.Errorf("%d reports were split and %d did not fit: they test nothing", split, full)
	}
}

func TestTooMuchIsCounted(t *testing.T) {
	want := sampleReport(3, size{rows: 900, counters: 2000, interfaces: 300, fileSystems: 5, users: 40, disks: 4})
	want.LeftOut.Users = 7 // by the host already
	packets, err := Encode(want, testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if len(packets) != MaxParts {
		t.Fatalf("%d parts", len(packets))
	}
	got := decodeAll(t, packets, []int{7, 6, 5, 4, 3, 2, 1, 0})
	for _, list := range []struct {
		name             string
		want, got, extra int
		left             uint64
	}{
		{"rows", len(want.Drops.Rows), len(got.Drops.Rows), 0, got.LeftOut.Rows},
		{"counters", len(want.Drops.Counters), len(got.Drops.Counters), 0, got.LeftOut.Counters},
		{"interfaces", len(want.Status.Interfaces), len(got.Status.Interfaces), 0, got.LeftOut.Interfaces},
		{"file systems", len(want.Status.FileSystems), len(got.Status.FileSystems), 0, got.LeftOut.FileSystems},
		{"users", len(want.Status.Users), len(got.Status.Users), 7, got.LeftOut.Users},
		{"disks", len(want.Status.Disks), len(got.Status.Disks), 0, got.LeftOut.Disks},
	} {
		if list.got == 0 || uint64(list.want+list.extra) != uint64(list.got)+list.left {
			t.Errorf("%s: %d sent, %d arrived, %d left out", list.name, list.want+list.extra, list.got, list.left)
		}
	}
	if diff := cmp.Diff(want.Drops.Rows[:len(got.Drops.Rows)], got.Drops.Rows, exact); diff != "" {
		t.Error(diff)
	}
}

// TestFirstPartAlone holds that the first part has the most important rows of
// all lists, and that a record without its other parts is of use.
func TestFirstPartAlone(t *testing.T) {
	report := sampleReport(3, size{rows: 60, counters: 20, interfaces: 30, fileSystems: 9, users: 9, disks: 9})
	packets, err := Encode(report, testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(packets[0])
	if err != nil {
		t.Fatal(err)
	}
	if Complete(p) || p.Key == nil || p.Report.Host == nil {
		t.Errorf("first of %d parts: complete, or without key or name", p.Parts)
	}
	d, s := p.Report.Drops, p.Report.Status
	if len(d.Rows) < 2 || len(d.Counters) < 1 || len(s.Interfaces) < 1 || len(s.FileSystems) < 1 || len(s.Users) < 1 || len(s.Disks) < 1 {
		t.Errorf("got %d rows, %d counters, %d interfaces, %d file systems, %d users, %d disks",
			len(d.Rows), len(d.Counters), len(s.Interfaces), len(s.FileSystems), len(s.Users), len(s.Disks))
	}
	other, err := Decode(packets[1])
	if err != nil {
		t.Fatal(err)
	}
	if other.Key != nil || other.Report.Host != nil || other.Report.Status.Uptime != nil {
		t.Error("second part repeats the first")
	}
	if _, err := Merge(p, p); err == nil {
		t.Error("merged a part with itself")
	}
	next := testHeader
	next.Sequence++
	later, err := Encode(report, next, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := Decode(later[1]); err != nil {
		t.Error(err)
	} else if _, err := Merge(p, q); err == nil {
		t.Error("merged parts of two records")
	}
}

// TestLargestRowFits holds that no row can be too large for a packet, so that
// Encode never fails for what a host sees.
func TestLargestRowFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func() string { // does not compress
		b := make([]byte, 300)
		for i := range b {
			b[i] = byte('!' + r.IntN(94))
		}
		return string(b)
	}
	end := Endpoint{netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 15: 1}), 65535}
	row := func() Row {
		return Row{
			Packets: math.MaxUint64, Bytes: new(uint64(math.MaxUint64)), Reason: text(), Subsystem: text(), Class: text(), Discard: new(uint64(65535)),
			Function: text(), NetNS: text(), Interface: text(), Transport: text(), Process: text(), Culprit: text(), Cause: text(), Text: text(),
			Source: end, Destination: end,
		}
	}
	report := &Report{
		Host:   &Host{Name: text(), Kernel: text(), Version: text(), Role: text(), Interval: 1e9},
		Status: sampleReport(1, size{}).Status,
		Drops:  &Drops{Source: text(), Packets: math.MaxUint64, Lost: math.MaxUint64, Benign: math.MaxUint64, Missed: new(uint64(math.MaxUint64))},
	}
	for range 10 {
		report.Drops.Classes = append(report.Drops.Classes, Class{Class: text(), Packets: math.MaxUint64, Rate: new(1e12)})
		report.Drops.Rows = append(report.Drops.Rows, row())
	}
	packets, err := Encode(report, testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if len(packets) != MaxParts {
		t.Errorf("%d parts", len(packets))
	}
}

func TestTextIsCleaned(t *testing.T) {
	report := &Report{Host: &Host{Name: "a\x1b[31mb\xffc\u202e" + strings.Repeat("ä", 100), Interval: math.NaN()}}
	packets, err := Encode(report, testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	got := decodeAll(t, packets, []int{0})
	if want := "a?[31mb?c?" + strings.Repeat("ä", 27); got.Host.Name != want || got.Host.Interval != 0 {
		t.Errorf("got %q, %v", got.Host.Name, got.Host.Interval)
	}

	// A sender that does not clean is no danger either.
	var b []byte
	b = append(b, 1, 3, 'a', 0x1b, 'b')          // strings
	b = append(b, 1<<1|formBytes, 2, 1<<1, 0x00) // host, name
	dirty, err := parseReport(b)
	if err != nil || dirty.Host.Name != "a?b" {
		t.Errorf("got %+v, %v", dirty, err)
	}
}

// TestUnknownFieldsAreSkipped holds that newer versions can add.
func TestUnknownFieldsAreSkipped(t *testing.T) {
	want := sampleReport(1, ordinary)
	b := appendReport(nil, want)
	b = binary.AppendUvarint(b, 9<<1|formBytes)
	b = append(b, 3, 1, 2, 3)
	b = binary.AppendUvarint(b, 1000<<1|formNumber)
	b = binary.AppendUvarint(b, math.MaxUint64)
	got, err := parseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, exact); diff != "" {
		t.Error(diff)
	}
	inner := []byte{1, 1, 'n', 1<<1 | formBytes, 5, 1 << 1, 0, 200, 1, 7} // host with field 100
	if got, err := parseReport(inner); err != nil || got.Host.Name != "n" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMalformed(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":            {},
		"string cut":       {1, 5, 'a'},
		"many strings":     {255, 255, 3},
		"length":           {0, 1<<1 | formBytes, 9, 0},
		"huge length":      {0, 1<<1 | formBytes, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"form":             {0, 1<<1 | formNumber, 0},
		"order":            {0, 4<<1 | formBytes, 0, 1<<1 | formBytes, 0},
		"twice":            {0, 1<<1 | formBytes, 0, 1<<1 | formBytes, 0},
		"tag 0":            {0, 1, 0},
		"no such string":   {1, 1, 'a', 1<<1 | formBytes, 2, 1 << 1, 1},
		"odd address":      {0, 3<<1 | formBytes, 7, 9<<1 | formBytes, 5, 4, 15<<1 | formBytes, 2, 1, 2},
		"number too large": {0, 20 << 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
	} {
		if r, err := parseReport(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
	rows := append([]byte{9<<1 | formBytes, 200, 1}, make([]byte, 200)...) // empty rows
	b := append([]byte{0, 3<<1 | formBytes, 203, 1}, rows...)
	if _, err := parseReport(b); err == nil {
		t.Errorf("%d rows in a part were taken", 200)
	}
}

func TestHeaderRefuses(t *testing.T) {
	packets, err := Encode(sampleReport(1, ordinary), testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	good := packets[0]
	h, err := ParseHeader(good)
	if err != nil || h.Host != identity.IDOf(testKey.Public().(ed25519.PublicKey)) || !h.Time.Equal(testHeader.Time) ||
		h.Epoch != testHeader.Epoch || h.Sequence != testHeader.Sequence || h.Parts != 1 {
		t.Fatalf("got %+v, %v", h, err)
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   error
	}{
		"short":      {func(b []byte) []byte { return b[:headerSize+signatureSize-1] }, ErrShort},
		"no key":     {func(b []byte) []byte { return b[:headerSize+signatureSize+5] }, ErrShort},
		"long":       {func(b []byte) []byte { return append(b, make([]byte, MaxDatagram)...) }, ErrLong},
		"magic":      {func(b []byte) []byte { b[0] = 'X'; return b }, ErrMagic},
		"version":    {func(b []byte) []byte { b[2]++; return b }, ErrVersion},
		"flag":       {func(b []byte) []byte { b[3] |= 0x80; return b }, ErrVersion},
		"kind":       {func(b []byte) []byte { b[4] = 9; return b }, ErrVersion},
		"part":       {func(b []byte) []byte { b[5] = b[6]; return b }, ErrMalformed},
		"parts":      {func(b []byte) []byte { b[6] = MaxParts + 1; return b }, ErrMalformed},
		"no parts":   {func(b []byte) []byte { b[6] = 0; return b }, ErrMalformed},
		"other host": {func(b []byte) []byte { b[8]++; return b }, ErrMalformed},
	} {
		if _, err := Decode(c.change(append([]byte(nil), good...))); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	public := testKey.Public().(ed25519.PublicKey)
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1
		if Verify(bad, public) == nil {
			t.Fatalf("byte %d can be changed", i)
		}
	}
	plain := ed25519.Sign(testKey, good[:len(good)-signatureSize])
	if Verify(append(good[:len(good)-signatureSize:len(good)-signatureSize], plain...), public) == nil {
		t.Error("a signature without the context of records is accepted")
	}
}
